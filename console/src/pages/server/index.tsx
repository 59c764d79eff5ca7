// One server: how it is, its tools and pins, how it is reached, and its settings.
import { useState } from 'preact/hooks';
import { ApiError, api, asError, seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { navigate, useQuery } from '../../app/router';
import { line } from '../../app/server_text';
import { useMay } from '../../app/session';
import type { Grant, Server } from '../../app/types';
import { useAction, useApi } from '../../app/use';
import { Badge, Button, Code, Confirm, Copy, Empty, KeyValues, Menu, Note, Page, Problem, Section, Skeleton, StateDot, TabPanel, Table, Tabs, Time, count, many, toast } from '../../ui';
import { SeverityCounts } from '../servers';
import { Edit } from './edit';
import { Pins } from './pins';
import { ToolsOf } from './tools_of';

function Health({ server }: { server: Server }) {
	return (
		<div class="cols">
			<Section title="Health">
				<KeyValues items={[
					['State', <StateDot state={server.is_enabled ? server.state : 'disabled'} />],
					['Problem', server.error && <span class="wrap">{server.error}</span>],
					['Protocol', server.protocol_version && <>{server.protocol_version}{server.era ? ` (${server.era})` : ''}</>],
					['Tools', server.tools && <span class="row">{count(server.tools.total)} <SeverityCounts of={server.tools.by_severity} />{server.tools.held > 0 && <Badge tone="warn">{server.tools.held} held</Badge>}</span>],
					['Calls today', server.calls_today !== undefined && <a href={`/activity?server=${encodeURIComponent(server.name)}`}>{count(server.calls_today)}</a>],
				]} />
			</Section>
			<Section title="Reached by">
				<KeyValues items={[
					['Command', server.command && <code class="wrap">{line(server.command)}</code>],
					['Address', server.url && <code class="wrap">{server.url}</code>],
					['Folder', server.cwd && <code class="wrap">{server.cwd}</code>],
					['Environment', server.env?.length ? <span class="row">{server.env.map((e) => <code key={e.name}>{e.name}</code>)}</span> : undefined],
					['Headers', server.headers?.length ? <span class="row">{server.headers.map((e) => <code key={e.name}>{e.name}</code>)}</span> : undefined],
					['Processes', server.command && ({ grant: 'one for each grant', session: 'one for each session', server: 'one for everybody' }[server.per ?? ''] ?? server.per)],
					['Added', server.created_at && <Time at={server.created_at} />],
					['Changed', server.updated_at && <Time at={server.updated_at} />],
				]} />
			</Section>
		</div>
	);
}

function Grants({ server }: { server: Server }) {
	const { data, error, reload } = useApi<{ grants: Grant[]; total: number }>('/grants', { server: server.name, limit: 200 });
	const may = useMay();
	if (error)
		return <Problem error={error} onRetry={reload} />;
	if (!data)
		return <Skeleton rows={3} />;
	const of = (g: Grant) => g.bindings.find((b) => b.server === server.name);
	return (
		<Table label={`Grants for ${server.name}`} rows={data.grants} keyOf={(g) => g.id} href={(g) => `/grants/${seg(g.id)}`} columns={[
			{ key: 'label', title: 'Grant', isMain: true, render: (g) => <a class="mono" href={`/grants/${seg(g.id)}`}>{g.label}</a> },
			{ key: 'policy', title: 'Policy', render: (g) => { const p = of(g)?.policy; return p ? <a class="mono" href={`/policies/${seg(p)}`}>{p}</a> : <Badge tone="warn">no policy: all is refused</Badge>; } },
			{ key: 'state', title: 'State', render: (g) => <Badge tone={g.state === 'valid' ? 'good' : 'neutral'}>{g.state}</Badge> },
			{ key: 'used', title: 'Last used', align: 'end', render: (g) => <Time at={g.last_used_at} /> },
		]} empty={<Empty icon="key" title="Nobody can call this server yet" actions={may('manage') ? <Button kind="primary" icon="plus" href={`/grants/new?server=${encodeURIComponent(server.name)}`}>New grant</Button> : undefined}>A grant is a token for one client, with a policy that says what it may call.</Empty>} />
	);
}

function Delete({ server, etag, onClose }: { server: Server; etag?: string; onClose: () => void }) {
	const [error, setError] = useState<ApiError>();
	const [isBusy, setBusy] = useState(false);
	const go = async () => {
		setBusy(true);
		try {
			await api.del(`/servers/${seg(server.name)}`, { ifMatch: error?.status === 412 ? '*' : etag ?? '*' });
			toast(`${server.name} was deleted.`);
			navigate('/servers', { force: true });
		} catch (e) {
			setError(asError(e));
			setBusy(false);
		}
	};
	return (
		<Confirm title={`Delete ${server.name}?`} action="Delete the server" word={server.name} onConfirm={go} onClose={onClose} isBusy={isBusy} error={error}>
			<p>Clients lose its tools at once, and grants no longer reach it. Its stored secrets and the reviews of its tools go with it. Records of calls stay.</p>
		</Confirm>
	);
}

function useActions(server: Server | undefined, reload: () => void) {
	const check = useAction(async () => {
		const r = await api.post<{ state: string; error?: string; tools?: number }>(`/servers/${seg(server!.name)}/check`);
		if (r.state === 'down' || r.error)
			toast(`${server!.name} does not answer: ${r.error ?? ''}`, 'bad');
		else
			toast(`${server!.name} answers with ${many(r.tools ?? 0, 'tool')}.`);
		reload();
	});
	const turn = useAction(async (isOn: boolean) => {
		await api.post(`/servers/${seg(server!.name)}/${isOn ? 'enable' : 'disable'}`);
		toast(isOn ? `${server!.name} is on.` : `${server!.name} is off: nobody can call it.`);
		reload();
	});
	return { check, turn, error: check.error ?? turn.error };
}

export default function ServerPage({ params }: { params: { name: string } }) {
	const may = useMay();
	const [{ tab }, set] = useQuery('tab');
	const [isDeleting, setDeleting] = useState(false);
	const { data: server, etag, error, reload } = useApi<Server>(`/servers/${seg(params.name)}`);
	const { check, turn, error: failed } = useActions(server, reload);
	useEvent<{ name: string }>('server', (e) => { if (e.name === params.name) reload(); });
	const back = { href: '/servers', label: 'Servers' };
	if (error)
		return <Page title={params.name} isMono back={back}><Problem error={error} onRetry={reload} title={error.status === 404 ? `There is no server “${params.name}”` : undefined} /></Page>;
	if (!server)
		return <Page title={params.name} isMono back={back}><Skeleton /></Page>;
	const shown = tab || 'tools';
	const canEdit = may('manage', server.name) && server.transport !== 'builtin';
	return (
		<Page title={server.name} isMono back={back} badges={<><StateDot state={server.is_enabled ? server.state : 'disabled'} />{server.is_from_file && <Badge title="It stands in gatehouse.yaml and is changed there">from the file</Badge>}</>}
			actions={canEdit ? <>
				<Button icon="refresh" isBusy={check.isBusy} onClick={() => check.run()}>Check now</Button>
				<Menu label={`More about ${server.name}`} class="btn btn-icon" items={[
					{ label: server.is_enabled ? 'Turn off' : 'Turn on', icon: 'power', onSelect: () => { turn.run(!server.is_enabled); }, disabled: server.is_from_file },
					{ label: 'New grant for it', icon: 'key', href: `/grants/new?server=${encodeURIComponent(server.name)}` },
					{ label: 'Delete…', icon: 'trash', isDanger: true, disabled: server.is_from_file, onSelect: () => setDeleting(true) },
				]} />
			</> : undefined}>
			{failed && <Problem error={failed} />}
			{server.is_enabled && server.state === 'down' && <Note tone="bad" title="This server does not answer">{server.error}</Note>}
			{(server.tools?.held ?? 0) > 0 && shown !== 'pins' && <Note tone="warn" title={`${many(server.tools!.held, 'tool')} ${server.tools!.held === 1 ? 'is' : 'are'} held back`} actions={<Button size="small" onClick={() => set({ tab: 'pins' })}>Review</Button>}>What the server says of them is not what was reviewed.</Note>}
			<Tabs label="Parts of this server" value={shown} onChange={(t) => set({ tab: t })} items={[
				{ id: 'tools', label: 'Tools', count: server.tools?.total }, { id: 'pins', label: 'Reviews', count: server.tools?.held || undefined },
				{ id: 'about', label: 'Health' }, { id: 'grants', label: 'Grants' }, ...(canEdit ? [{ id: 'edit', label: 'Settings' }] : []),
			]} />
			<TabPanel value={shown}>
				{shown === 'tools' && <ToolsOf server={server} />}
				{shown === 'pins' && <Pins server={server.name} onChanged={reload} />}
				{shown === 'about' && <div class="stack"><Health server={server} />{server.endpoint && <Section title="Address for clients" lead="Clients use it with the token of a grant. Open a grant to get the snippet for each client." actions={<Copy text={server.endpoint} label="Copy" />}><Code text={server.endpoint} label="Address for clients" /></Section>}</div>}
				{shown === 'grants' && <Grants server={server} />}
				{shown === 'edit' && canEdit && <Edit server={server} etag={etag} onSaved={reload} />}
			</TabPanel>
			{isDeleting && <Delete server={server} etag={etag} onClose={() => setDeleting(false)} />}
		</Page>
	);
}
