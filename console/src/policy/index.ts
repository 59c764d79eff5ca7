// The model of policy documents: pure, no browser.
export * from './args';
export * from './complete';
export * from './edit';
export * from './fields';
export * from './history';
export * from './json';
export * from './merge';
export { type Choice, type Mistake, type Part, type Standing, type Tool, type View, EMPTY, SECTIONS, choiceOf, choose, isPattern, isView, matches,
	parts, read, standing, winner } from './model';
export * as model from './model';
export * from './operators';
