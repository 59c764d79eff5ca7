// From an empty gate to the first call that was seen: five steps on one page.
import { useEffect, useState } from 'preact/hooks';
import { dropDraft, useDraft } from '../../app/drafts';
import { AddServers, Tried } from '../../parts/server_add';
import { Button, Icon, Page } from '../../ui';
import { ConnectStep } from './step_connect';
import { GrantStep } from './step_grant';
import { PolicyStep } from './step_policy';

const KEY = 'first-minute';

export interface Way { step: number; server?: string; policy?: string; grant?: string; label?: string }

export const hasBegun = () => {
	try {
		const way = JSON.parse(sessionStorage.getItem(`draft:${KEY}`) ?? 'null') as Way | null;
		return !!way && way.step > 0;
	} catch {
		return false;
	}
};

const STEPS = ['Server', 'Policy', 'Grant', 'Connect'];

function Steps({ at, onGo }: { at: number; onGo: (n: number) => void }) {
	return (
		<ol class="steps" aria-label="Steps">
			{STEPS.map((name, i) => (
				<li key={name} class={i < at ? 'is-done' : i === at ? 'is-on' : ''} aria-current={i === at ? 'step' : undefined}>
					{i < at && at < 3 && i > 0 ? <button type="button" onClick={() => onGo(i)}><b><Icon name="check" size={12} /></b>{name}</button>
						: <span><b>{i < at ? <Icon name="check" size={12} /> : i + 1}</b>{name}</span>}
				</li>))}
		</ol>
	);
}

const LEADS = [
	'Give the server that your agents use: the command that starts it, its address, or the configuration that a client has now. You see at once what its tools can do.',
	'These are its tools. The recommendation allows what is harmless, asks you about what is not, and hides what agents should not see. Change what you like.',
	'A grant is a token for one client. What it may call is decided by the policy, and every call is recorded under its name.',
	'Put this into your client and let it call a tool. The call appears here as it happens.',
];

export function FirstMinute({ onDone }: { onDone: () => void }) {
	const [way, setWay] = useDraft<Way>(KEY, { step: 0 });
	const [tried, setTried] = useState<Tried>();
	const [token, setToken] = useState('');
	const finish = () => { dropDraft(KEY); onDone(); };
	useEffect(() => { document.getElementById('main')?.scrollTo?.(0, 0); scrollTo(0, 0); }, [way.step]);
	const title = ['Put your first server behind the gate', `What may agents do with ${way.server}?`, 'Who may call it?', 'Connect a client'][way.step];
	return (
		<Page title={title} lead={LEADS[way.step]} isNarrow={way.step !== 1} actions={way.step > 0 ? <Button kind="quiet" size="small" onClick={finish}>Leave the guide</Button> : undefined}>
			<Steps at={way.step} onGo={(step) => setWay({ ...way, step })} />
			{way.step === 0 && <AddServers draft="first-server" onAdded={(names, t) => { setTried(t); setWay({ step: 1, server: names[0] }); }} />}
			{way.step === 1 && <PolicyStep server={way.server!} tried={tried} onDone={(policy) => setWay({ ...way, step: 2, policy })} />}
			{way.step === 2 && <GrantStep server={way.server!} policy={way.policy!} onDone={(g) => { setToken(g.token); setWay({ ...way, step: 3, grant: g.id, label: g.label }); }} />}
			{way.step === 3 && <ConnectStep server={way.server!} grant={way.grant!} label={way.label!} token={token} onToken={setToken} onDone={finish} />}
		</Page>
	);
}
