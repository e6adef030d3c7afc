import type { ViewProps } from '../app';
import { t } from '../text';
import { Head } from '../ui/parts';

export function InboxView(_: ViewProps) {
	return <Head title={t('nav_inbox')} />;
}
