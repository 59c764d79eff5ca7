import { Page } from '../../ui';

export default function Playground() {
	return <Page title="Playground" />;
}
