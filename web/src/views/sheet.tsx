import type { ViewProps } from '../app';
import { t } from '../text';
import { Head } from '../ui/parts';

export function Sheet(_: ViewProps) {
	return <Head title={t('nav_sheet')} />;
}
