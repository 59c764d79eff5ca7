// Somebody else changed what is being edited: what differs, and whose stays.
import type { ApiError } from '../app/api';
import { Button } from './button';
import { DifferenceView } from './code';
import { Note } from './show';

export const isStale = (e: ApiError | undefined): boolean => e?.status === 412;

export function Stale({ error, onOverwrite, onReload, isBusy }: { error: ApiError; onOverwrite: () => void; onReload: () => void; isBusy?: boolean }) {
	return (
		<div class="stack-small" role="alert">
			<Note tone="warn" title="Somebody else changed this while you were editing">Nothing is lost: compare the two, and choose which one stays.</Note>
			<DifferenceView items={error.difference} from="As it is now" to="As you wrote it" />
			<div class="form-actions">
				<Button kind="danger" isBusy={isBusy} onClick={onOverwrite}>Overwrite with mine</Button>
				<Button onClick={onReload}>Take theirs, drop mine</Button>
			</div>
		</div>
	);
}
