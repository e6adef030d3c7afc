// The whole client: ODK's own form, filled from the server's XForm, its answer posted as it comes.
import { createApp, h } from 'vue';
import { OdkWebForm, webFormsPlugin } from '@getodk/web-forms';

const kind = new URLSearchParams(location.search).get('kind');
const xml = await (await fetch(`/forms/${kind}.xml`)).text();
createApp({
	render: () => h(OdkWebForm, {
		formXml: xml,
		fetchFormAttachment: (url) => fetch(`/forms/${kind}/media/${String(url).split('/').pop()}`),
		missingResourceBehavior: 'DEFAULT',
		onSubmit: async (payload) => {
			const r = await fetch('/submission', { method: 'POST', body: payload.data[0] });
			document.title = `${r.status} ${await r.text()}`;
		},
	}),
}).use(webFormsPlugin).mount('#app');
