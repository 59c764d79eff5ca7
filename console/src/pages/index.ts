// Every page of the console: its address, and how it comes. The first that matches is shown.
import type { ComponentType } from 'preact';
import type { IconName } from '../ui/icon';
import type { Permission } from '../app/types';

export type PageProps = { params: Record<string, string> };
type Loader = () => Promise<{ default: ComponentType<any> }>;
export interface Route { path: string; load: Loader; isBare?: boolean } // isBare: without the frame

export const routes: Route[] = [
	{ path: '/setup', load: () => import('./setup'), isBare: true },
	{ path: '/signin', load: () => import('./signin'), isBare: true },
	{ path: '/', load: () => import('./overview') },
	{ path: '/servers', load: () => import('./servers') },
	{ path: '/servers/add', load: () => import('./server_add') },
	{ path: '/servers/:name', load: () => import('./server') },
	{ path: '/tools', load: () => import('./tools') },
	{ path: '/tools/:server/:name', load: () => import('./tool') },
	{ path: '/policies', load: () => import('./policies') },
	{ path: '/policies/new', load: () => import('./policy') },
	{ path: '/policies/:name', load: () => import('./policy') },
	{ path: '/playground', load: () => import('./playground') },
	{ path: '/grants', load: () => import('./grants') },
	{ path: '/grants/new', load: () => import('./grant_new') },
	{ path: '/grants/:id', load: () => import('./grant') },
	{ path: '/approvals', load: () => import('./approvals') },
	{ path: '/approvals/:id', load: () => import('./approvals') },
	{ path: '/activity', load: () => import('./activity') },
	{ path: '/activity/:id', load: () => import('./activity_one') },
	{ path: '/users', load: () => import('./users') },
	{ path: '/users/:id', load: () => import('./user') },
	{ path: '/settings', load: () => import('./settings') },
	{ path: '/audit', load: () => import('./audit') },
	{ path: '/account', load: () => import('./account') },
];

// need: shown to those who have it for the organisation, or with isAnywhere for any server.
export interface Entry { href: string; label: string; icon: IconName; need: Permission; isAnywhere?: boolean; key?: string; isForPhone?: boolean; count?: 'approvals' | 'held' }

export const sections: { title: string; entries: Entry[] }[] = [
	{ title: '', entries: [
		{ href: '/', label: 'Overview', icon: 'home', need: 'see', isAnywhere: true, key: 'o', isForPhone: true },
		{ href: '/approvals', label: 'Approvals', icon: 'approval', need: 'see', isAnywhere: true, key: 'a', isForPhone: true, count: 'approvals' },
		{ href: '/activity', label: 'Activity', icon: 'activity', need: 'see', isAnywhere: true, key: 'c', isForPhone: true },
	] },
	{ title: 'Control', entries: [
		{ href: '/servers', label: 'Servers', icon: 'server', need: 'see', isAnywhere: true, key: 's', isForPhone: true },
		{ href: '/tools', label: 'Tools', icon: 'tool', need: 'see', isAnywhere: true, key: 't' },
		{ href: '/policies', label: 'Policies', icon: 'policy', need: 'see', isAnywhere: true, key: 'p' },
		{ href: '/grants', label: 'Grants', icon: 'key', need: 'see', isAnywhere: true, key: 'g' },
		{ href: '/playground', label: 'Playground', icon: 'play', need: 'manage', key: 'y' },
	] },
	{ title: 'Organisation', entries: [
		{ href: '/users', label: 'Users', icon: 'users', need: 'audit', key: 'u' },
		{ href: '/settings', label: 'Settings', icon: 'settings', need: 'manage', key: 'e' },
		{ href: '/audit', label: 'Audit', icon: 'audit', need: 'audit', key: 'd' },
	] },
];
