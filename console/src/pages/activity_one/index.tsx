import { Page } from '../../ui';

export default function Call() {
	return <Page title="Call" />;
}
