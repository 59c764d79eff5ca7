// The people who use the gate's console and API.
import { useState } from 'preact/hooks';
import { api } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { useEvent } from '../../app/events';
import { navigate, useQuery } from '../../app/router';
import { useMay, useUser } from '../../app/session';
import { useAction, usePages, useRested } from '../../app/use';
import type { RoleGiven, User } from '../../app/types';
import { Badge, Button, Copy, Dialog, Empty, Form, Note, Page, Problem, SearchField, Table, TextField, Time, type Column } from '../../ui';
import { RoleMatrix } from './matrix';
import { rolesText } from './roles';

export function InviteLink({ url, name }: { url: string; name: string }) {
	return (
		<div class="secret">
			<Note tone="warn" title="Send this link now">With it, {name} chooses a password. It works once, for a limited time, and is shown only here. Whoever has it can sign in as {name}.</Note>
			<div class="secret-row"><input class="input mono" readOnly aria-label="The link" value={url} onFocus={(e) => e.currentTarget.select()} /><Copy text={url} label="Copy the link" /></div>
		</div>
	);
}

interface Typed { name: string; display_name: string; email: string; roles: RoleGiven[] }
const NOBODY: Typed = { name: '', display_name: '', email: '', roles: [{ role: 'viewer', server: null }] };

function Invite({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
	const [typed, setTyped, clear] = useDraft<Typed>('user:new', NOBODY);
	const [made, setMade] = useState<{ user: User; invite_url: string }>();
	const set = (change: Partial<Typed>) => setTyped((t) => ({ ...t, ...change }));
	const add = useAction(async () => {
		const { name, display_name, email, roles } = typed;
		const m = await api.post<{ user: User; invite_url: string }>('/users', { name: name.trim(), ...(display_name.trim() ? { display_name: display_name.trim() } : {}), ...(email.trim() ? { email: email.trim() } : {}), roles });
		clear();
		setMade(m);
		onDone();
	});
	if (made)
		return <Dialog title={`${made.user.display_name || made.user.name} is added`} onClose={onClose} isFixed footer={<><Button onClick={() => { onClose(); navigate(`/users/${made.user.id}`); }}>Open the user</Button><Button kind="primary" onClick={onClose}>Done</Button></>}><InviteLink url={made.invite_url} name={made.user.display_name || made.user.name} /></Dialog>;
	const e = add.error;
	const roleError = e?.at('/roles') ?? e?.errors.find((x) => x.pointer?.startsWith('/roles/'))?.detail;
	return (
		<Dialog title="Invite somebody" size="large" onClose={onClose} footer={<><Button onClick={() => { clear(); onClose(); }}>Cancel</Button><Button kind="primary" isBusy={add.isBusy} type="submit" form="dialog-form">Make the link</Button></>}>
			<Form id="dialog-form" onSubmit={() => void add.run()}>
				<div class="cols">
					<TextField label="Name for signing in" value={typed.name} onInput={(name) => set({ name: name.toLowerCase() })} error={e?.at('/name')} autoFocus autoComplete="off" maxLength={64} hint="Small letters, digits and . _ @ + -" />
					<TextField label="Full name" isOptional value={typed.display_name} onInput={(display_name) => set({ display_name })} error={e?.at('/display_name')} autoComplete="off" />
					<TextField label="E-mail" isOptional type="email" value={typed.email} onInput={(email) => set({ email })} error={e?.at('/email')} autoComplete="off" hint="Agents that work for this address can not be approved by this person." />
				</div>
				<fieldset class="plain"><legend class="field-label">Roles</legend><RoleMatrix value={typed.roles} onChange={(roles) => set({ roles })} error={roleError} /></fieldset>
				{e && !e.errors.length && <Problem error={e} />}
			</Form>
		</Dialog>
	);
}

const columnsOf = (me: string | undefined): Column<User>[] => [
	{ key: 'name', title: 'User', isMain: true, isSorted: true, render: (u) => <><a href={`/users/${u.id}`}>{u.display_name || u.name}</a> {u.display_name && <span class="muted">{u.name}</span>} {u.id === me && <Badge tone="info">You</Badge>}</> },
	{ key: 'roles', title: 'Roles', render: (u) => <span class={u.roles.length ? '' : 'muted'}>{rolesText(u.roles)}</span> },
	{ key: 'kind', title: 'Signs in with', isSorted: true, render: (u) => (u.kind === 'oidc' ? <Badge tone="info" title="Signs in with your identity provider">Provider</Badge> : u.has_password === false ? <span class="muted">Not yet: invited</span> : <span>Password{u.totp_enabled && <> <Badge tone="good" title="Asks for a one-time code, too">and code</Badge></>}</span>) },
	{ key: 'state', title: 'State', isSorted: true, render: (u) => (u.is_enabled ? <Badge tone="good">Enabled</Badge> : <Badge>Disabled</Badge>) },
	{ key: 'seen', title: 'Last seen', isSorted: true, align: 'end', render: (u) => <Time at={u.last_seen_at} none="never" /> },
];

const sortBy = (u: User, key: string) => (key === 'seen' ? Date.parse(u.last_seen_at ?? '') || 0 : key === 'kind' ? u.kind : key === 'state' ? String(u.is_enabled) : u.display_name || u.name);

export default function Users() {
	const may = useMay(), me = useUser();
	const [{ q }, setQuery] = useQuery('q');
	const list = usePages<User>('/users', 'users', { limit: 200, q: useRested(q) });
	const [isOpen, setOpen] = useState(false);
	useEvent<{ type?: string }>('change', (c) => { if (c.type === 'user') list.reload(); });
	if (list.error?.status === 403)
		return <Page title="Users"><Empty icon="users" title="The list of users is for auditors and admins"><p>{list.error.message}</p></Empty></Page>;
	return (
		<Page title="Users" lead="People who may look, approve, or change something here. Agents come in by grants instead." actions={may('manage') && <Button kind="primary" icon="plus" onClick={() => setOpen(true)}>Invite</Button>}>
			<div class="filters"><SearchField label="Search name" value={q} onInput={(v) => setQuery({ q: v })} /></div>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : (
				<Table label="Users" columns={columnsOf(me?.id)} rows={list.rows} keyOf={(u) => u.id} href={(u) => `/users/${u.id}`} sort="name" sortBy={sortBy} onEnd={list.more} isLoading={list.isLoading && list.rows.length === 0}
					empty={q ? <Empty icon="search" title="Nobody has such a name" actions={<Button onClick={() => setQuery({ q: '' })}>Show all</Button>} />
						: <Empty icon="users" title="There are no accounts yet"><p>Invite the people who look after this gate. Each signs in with a name and password of their own or with your identity provider.</p></Empty>} />)}
			{isOpen && <Invite onClose={() => setOpen(false)} onDone={list.reload} />}
		</Page>
	);
}
