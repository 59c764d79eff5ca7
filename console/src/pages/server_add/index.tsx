import { seg } from '../../app/api';
import { navigate } from '../../app/router';
import { useMay } from '../../app/session';
import { AddServers } from '../../parts/server_add';
import { Note, Page, toast } from '../../ui';

export default function AddServer() {
	const may = useMay();
	return (
		<Page title="Add a server" isNarrow back={{ href: '/servers', label: 'Servers' }} lead="Give the command that starts it, its address, or the configuration that a client has. Nobody can call it until a grant allows it.">
			{may('manage') ? <AddServers onAdded={(names) => {
				toast(names.length === 1 ? `${names[0]} is behind the gate now.` : `${names.length} servers are behind the gate now.`);
				navigate(names.length === 1 ? `/servers/${seg(names[0])}` : '/servers');
			}} /> : <Note tone="warn" title="Only an admin adds servers">Ask somebody with the role admin for the whole organisation.</Note>}
		</Page>
	);
}
