// What the parts of the builder share: the text, how it is changed, and what is known of the server.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { PolicyProblem } from '../../app/types';
import { type ArgPath, type Path, type Tool, type View, pointerOf } from '../../policy';

export interface Builder {
	view: View;
	isReadOnly: boolean;
	// kind: edits of one kind in quick succession are undone together; none: each by itself.
	edit: (change: (text: string) => string, kind?: string) => void;
	tools: readonly Tool[];
	server: string;
	problems: readonly PolicyProblem[];
	argsFor: (path: Path) => readonly ArgPath[]; // what the calls that rules at this path concern may have
	reveal: (path: Path) => void; // shows it in the JSON
}

export const BuilderContext = createContext<Builder | null>(null);

export function useBuilder(): Builder {
	const b = useContext(BuilderContext);
	if (!b)
		throw new Error('outside of the builder');
	return b;
}

// The problems at a path, and below it if `isDeep`.
export function useProblems(path: Path, isDeep = false): PolicyProblem[] {
	const { problems } = useBuilder(), at = pointerOf(path);
	return problems.filter((p) => p.pointer === at || (isDeep && p.pointer?.startsWith(`${at}/`)));
}
