// One user: roles, links, sessions, tokens.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { navigate, useLeaveGuard } from '../../app/router';
import { useMay, useUser } from '../../app/session';
import { useAction, useApi } from '../../app/use';
import type { ApiToken, RoleGiven, User } from '../../app/types';
import { Badge, Button, Confirm, Dialog, Empty, Form, KeyValues, Menu, Note, Page, Problem, Section, Skeleton, Stale, Table, TextField, Time, isStale, toast } from '../../ui';
import type { PageProps } from '..';
import { tokenColumns } from '../account/tokens';
import { InviteLink } from '../users';
import { RoleMatrix } from '../users/matrix';
import { isSame } from '../users/roles';

function Roles({ u, etag, onDone, mayEdit }: { u: User; etag: string | undefined; onDone: () => void; mayEdit: boolean }) {
	const [roles, setRoles, clear, isDraft] = useDraft<RoleGiven[]>(`user:${u.id}:roles`, u.roles);
	const isDirty = isDraft && !isSame(roles, u.roles);
	useLeaveGuard(isDirty);
	const save = useAction(async (tag: string | undefined) => {
		await api.patch(`/users/${seg(u.id)}`, { roles }, { ifMatch: tag });
		clear();
		toast('The roles are changed.');
		onDone();
	});
	const e = save.error;
	return (
		<Section title="Roles" lead="Several add up. A role for the organisation holds for every server.">
			<RoleMatrix value={roles} onChange={setRoles} disabled={!mayEdit} error={e?.at('/roles')} />
			{e && (isStale(e) ? <Stale error={e} isBusy={save.isBusy} onOverwrite={() => void save.run('*')} onReload={() => { clear(); setRoles(u.roles); clear(); save.clear(); onDone(); }} />
				: e.status === 409 ? <Note tone="warn" title="Somebody must be able to manage the gate">{e.message}</Note> : !e.at('/roles') && <Problem error={e} />)}
			{mayEdit && isDirty && <div class="form-actions"><Button kind="primary" isBusy={save.isBusy} onClick={() => void save.run(etag)}>Save the roles</Button><Button kind="quiet" onClick={() => { setRoles(u.roles); clear(); save.clear(); }}>Undo</Button></div>}
		</Section>
	);
}

function Edit({ u, etag, onDone, onReload, onClose }: { u: User; etag: string | undefined; onDone: () => void; onReload: () => void; onClose: () => void }) {
	const [typed, setTyped, clear] = useDraft(`user:${u.id}`, { display_name: u.display_name ?? '', email: u.email ?? '' });
	const save = useAction(async (tag: string | undefined) => {
		await api.patch(`/users/${seg(u.id)}`, { display_name: typed.display_name.trim(), email: typed.email.trim() }, { ifMatch: tag });
		clear();
		toast('Saved.');
		onDone();
	});
	const e = save.error;
	return (
		<Dialog title={`Edit ${u.name}`} size="small" onClose={onClose} footer={<><Button onClick={() => { clear(); onClose(); }}>Cancel</Button><Button kind="primary" isBusy={save.isBusy} type="submit" form="dialog-form">Save</Button></>}>
			<Form id="dialog-form" onSubmit={() => void save.run(etag)}>
				<TextField label="Full name" isOptional value={typed.display_name} onInput={(display_name) => setTyped((t) => ({ ...t, display_name }))} error={e?.at('/display_name')} autoFocus />
				<TextField label="E-mail" isOptional type="email" value={typed.email} onInput={(email) => setTyped((t) => ({ ...t, email }))} error={e?.at('/email')} />
				{e && (isStale(e) ? <Stale error={e} isBusy={save.isBusy} onOverwrite={() => void save.run('*')} onReload={() => { clear(); onReload(); onClose(); }} /> : !e.errors.length && <Problem error={e} />)}
			</Form>
		</Dialog>
	);
}

function Tokens({ u }: { u: User }) {
	const list = useApi<{ tokens: ApiToken[] }>('/tokens', { owner: u.id, limit: 200 });
	const [gone, setGone] = useState<ApiToken>();
	const end = useAction(async (t: ApiToken) => { await api.del(`/tokens/${seg(t.id)}`, { ifMatch: '*' }); setGone(undefined); toast('The token is refused from now on.'); list.reload(); });
	const own = list.data?.tokens ?? [];
	if (list.error || own.length === 0)
		return null;
	return (
		<Section title="API tokens">
			<Table label="API tokens" columns={tokenColumns(setGone)} rows={own} keyOf={(t) => t.id} />
			{gone && <Confirm title={`End the token ${gone.name}?`} action="End it" onClose={() => setGone(undefined)} onConfirm={() => void end.run(gone)} isBusy={end.isBusy} error={end.error}>Programs that use it are refused at once.</Confirm>}
		</Section>
	);
}

type Window = 'edit' | 'invite' | 'sessions' | 'enabled' | 'remove';

function Windows({ open, u, etag, close, reload }: { open: Window | null; u: User; etag: string | undefined; close: () => void; reload: () => void }) {
	const name = u.display_name || u.name, path = `/users/${seg(u.id)}`;
	const [link, setLink] = useState<string>();
	const done = (text: string) => { toast(text); close(); reload(); };
	const invite = useAction(async () => setLink((await api.post<{ invite_url: string }>(`${path}/invite`, {})).invite_url));
	const sessions = useAction(async () => { await api.del(`${path}/sessions`, { ifMatch: '*' }); done(`${name} is signed out everywhere.`); });
	const enabled = useAction(async () => { await api.patch(path, { is_enabled: !u.is_enabled }, { ifMatch: etag }); done(u.is_enabled ? `${name} is disabled.` : `${name} is enabled.`); });
	const remove = useAction(async () => { await api.del(path, { ifMatch: etag }); toast(`${name} is removed.`); close(); navigate('/users', { force: true }); });
	if (link)
		return <Dialog title="A new link" onClose={close} isFixed footer={<Button kind="primary" onClick={() => { setLink(undefined); close(); }}>Done</Button>}><InviteLink url={link} name={name} /></Dialog>;
	switch (open) {
	case 'edit': return <Edit u={u} etag={etag} onDone={() => { close(); reload(); }} onReload={reload} onClose={close} />;
	case 'invite': return <Confirm kind="primary" title="Make a new link?" action="Make the link" onClose={close} onConfirm={() => void invite.run()} isBusy={invite.isBusy} error={invite.error}>With it {name} chooses a new password. A link made before ends.</Confirm>;
	case 'sessions': return <Confirm title={`Sign ${name} out everywhere?`} action="Sign out" onClose={close} onConfirm={() => void sessions.run()} isBusy={sessions.isBusy} error={sessions.error}>All browsers must sign in again. API tokens go on working.</Confirm>;
	case 'enabled': return u.is_enabled
		? <Confirm title={`Disable ${name}?`} action="Disable" onClose={close} onConfirm={() => void enabled.run()} isBusy={enabled.isBusy} error={enabled.error}>{name} is signed out, and neither password nor tokens are taken until you enable the account again.</Confirm>
		: <Confirm kind="primary" title={`Enable ${name}?`} action="Enable" onClose={close} onConfirm={() => void enabled.run()} isBusy={enabled.isBusy} error={enabled.error}>{name} can sign in again.</Confirm>;
	case 'remove': return <Confirm title={`Remove ${name}?`} action="Remove" word={u.name} onClose={close} onConfirm={() => void remove.run()} isBusy={remove.isBusy} error={remove.error}>The account, its sessions and its API tokens go, for good. What {name} did stays in the record of changes.</Confirm>;
	default: return null;
	}
}

export default function UserPage({ params: { id } }: PageProps) {
	const one = useApi<User>(`/users/${seg(id)}`);
	const may = useMay(), me = useUser();
	const [open, setOpen] = useState<Window | null>(null);
	const back = { href: '/users', label: 'Users' };
	if (one.error?.status === 404)
		return <Page title="User" back={back}><Empty icon="user" title="There is no such user" actions={<Button href="/users">Open users</Button>} /></Page>;
	if (one.error && !one.data)
		return <Page title="User" back={back}><Problem error={one.error} onRetry={one.reload} /></Page>;
	const u = one.data;
	if (!u)
		return <Page title="User" back={back}><Skeleton rows={8} /></Page>;
	const mayManage = may('manage'), isMe = u.id === me?.id;
	return (
		<Page title={u.display_name || u.name} back={back} isNarrow badges={<>{isMe && <Badge tone="info">You</Badge>}{u.kind === 'oidc' && <Badge tone="info">Identity provider</Badge>}{!u.is_enabled && <Badge tone="warn">Disabled</Badge>}</>}
			actions={mayManage && <>
				<Button icon="edit" onClick={() => setOpen('edit')}>Edit</Button>
				<Menu label="More" class="btn btn-default btn-icon" items={[
					...(u.kind === 'local' ? [{ label: 'New password link…', icon: 'link' as const, onSelect: () => setOpen('invite') }] : []),
					{ label: 'Sign out everywhere…', icon: 'out', onSelect: () => setOpen('sessions') },
					{ label: u.is_enabled ? 'Disable…' : 'Enable…', icon: 'power', onSelect: () => setOpen('enabled') },
					{ label: 'Remove…', icon: 'trash', isDanger: true, onSelect: () => setOpen('remove') },
				]} /></>}>
			<Section title="About">
				<KeyValues items={[
					['Name for signing in', <code>{u.name}</code>], ['E-mail', u.email],
					['Signs in with', u.kind === 'oidc' ? `Your identity provider${u.has_password ? ', or a password' : ''}` : u.has_password === false ? 'Nothing yet: the link was not used' : `A password${u.totp_enabled ? ' and a one-time code' : ''}`],
					['Added', <Time at={u.created_at} />], ['Last seen', <Time at={u.last_seen_at} none="Never" />],
					['What they changed', may('audit') && <a href={`/audit?who=${encodeURIComponent(u.name)}`}>In the record of changes</a>],
				]} />
			</Section>
			<Roles key={JSON.stringify(u.roles)} u={u} etag={one.etag} onDone={one.reload} mayEdit={mayManage} />
			{mayManage && <Tokens u={u} />}
			<Windows open={open} u={u} etag={one.etag} close={() => setOpen(null)} reload={one.reload} />
		</Page>
	);
}
