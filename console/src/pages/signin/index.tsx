import { useEffect } from 'preact/hooks';
import { navigate, usePlace, useTitle } from '../../app/router';
import { session, signedIn } from '../../app/session';
import { SignInForm } from '../../app/signin_form';
import { useStore } from '../../app/store';
import { Logo, Note } from '../../ui';

// Only a path of our own: never another site.
const safe = (to: string | null) => (to && /^\/(?![/\\])/.test(to) && !to.startsWith('/signin') ? to : '/');

// Why signing in with the organisation's provider did not work.
const PROBLEMS: Record<string, string> = {
	stale: 'It took too long, or was begun in another window. Start again.',
	refused: 'The provider said no, or you did. Start again, or sign in with a password.',
	untrusted: 'What came back from the provider cannot be trusted. Ask an admin to look at the log of the gate.',
	provider: 'The provider cannot be reached, or is set up wrongly. Try again later, or ask an admin.',
	uninvited: 'You have no account here, or it is disabled. Ask an admin to invite you.',
	store: 'The gate could not write it down. Try again in a moment.',
};

export default function SignIn() {
	useTitle('Sign in');
	const { search } = usePlace();
	const now = useStore(session);
	const query = new URLSearchParams(search);
	const to = safe(query.get('return'));
	useEffect(() => {
		if (now?.signed_in)
			navigate(to, { replace: true });
	}, [now]);
	return (
		<div class="bare"><main class="bare-box stack" id="main" tabIndex={-1}>
			<div class="brand"><Logo size={30} /> Gatehouse</div>
			<div class="card stack">
				<h1>Sign in</h1>
				{query.get('problem') && <Note tone="bad" title="Signing in did not work">{PROBLEMS[query.get('problem')!] ?? 'Start again, or ask an admin.'}</Note>}
				{now && !now.signed_in && now.needs_setup ? (
					<Note title="This gate has no users yet">
						<p>When the program started, it printed a link that begins with <code>{location.origin}/setup</code>. Open it to create the first administrator.</p>
						<p>To get a new link, run <code>gatehouse user setup-link</code> on the machine of the gate.</p>
					</Note>
				) : <SignInForm onDone={signedIn} />}
			</div>
		</main></div>
	);
}
