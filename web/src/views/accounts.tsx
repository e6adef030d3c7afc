import type { ViewProps } from '../app';
import { t } from '../text';
import { Head } from '../ui/parts';

export function Accounts(_: ViewProps) {
	return <Head title={t('nav_accounts')} />;
}
