import { Page } from '../../ui';

export default function Grants() {
	return <Page title="Grants" />;
}
