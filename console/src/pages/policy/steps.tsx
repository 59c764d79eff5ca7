// Why a call is decided as it is: every rule that concerns it, what it saw and what it said.
import type { Explanation } from '../../app/types';
import { Badge, Decision, Icon } from '../../ui';

export interface Step { pointer: string; rule: string; saw: string; says: string; refuses: boolean }
export interface Explained extends Explanation { step?: number; allowed?: string }

export function Verdict({ decision, message, rule, allowed }: { decision?: string; message?: string; rule?: string; allowed?: string }) {
	return (
		<div class={`b-verdict is-${decision}`} role="status">
			<Decision decision={decision} />
			<div>{message ? <p class="strong">{message}</p> : <p class="strong">{decision === 'allow' ? 'The call passes.' : 'The call is refused.'}</p>}
				{rule && <p class="small muted">Rule <code>{rule}</code></p>}
				{allowed && !message?.includes(allowed) && <p class="small muted">What would pass: {allowed}</p>}</div>
		</div>
	);
}

export function Steps({ of, onReveal }: { of: Explained; onReveal?: (pointer: string) => void }) {
	const steps = (of.steps ?? []) as Step[];
	if (!steps.length)
		return null;
	return (
		<ol class="b-steps">
			{steps.map((s, i) => {
				const wins = of.step === i, isAfter = of.step !== undefined && i > of.step;
				return (
					<li key={i} class={`${wins ? 'is-winner' : ''} ${isAfter ? 'is-after' : ''} by-${of.decision}`}>
						<span class="b-step-mark">{s.refuses || wins ? <Icon name={of.decision === 'approve' && wins ? 'ask' : of.decision === 'allow' ? 'check' : 'deny'} size={14} /> : <i />}</span>
						<div class="b-step-text">
							<p><span class="b-step-says">{s.says}</span> {wins && <Badge tone={of.decision === 'approve' ? 'info' : of.decision === 'deny' ? 'bad' : 'good'}>decides</Badge>}</p>
							{s.saw && <p class="small muted">saw <code>{s.saw}</code></p>}
							{(s.pointer || s.rule) && <p class="small">{s.pointer && onReveal
								? <button type="button" class="link mono" onClick={() => onReveal(s.pointer)}>{s.rule || s.pointer}</button> : <code class="muted">{s.rule || s.pointer}</code>}</p>}
						</div>
					</li>
				);
			})}
		</ol>
	);
}
