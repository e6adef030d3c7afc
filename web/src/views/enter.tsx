import type { ViewProps } from '../app';
import { t } from '../text';
import { Head } from '../ui/parts';

export function Enter(_: ViewProps) {
	return <Head title={t('nav_enter')} />;
}
