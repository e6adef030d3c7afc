import type { ViewProps } from '../app';
import { t } from '../text';
import { Head } from '../ui/parts';

export function Compare(_: ViewProps) {
	return <Head title={t('nav_compare')} />;
}
