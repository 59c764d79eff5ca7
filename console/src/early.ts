// Before the first paint: the colours that this person chose.
try {
	const theme = localStorage.getItem('theme');
	if (theme === 'light' || theme === 'dark')
		document.documentElement.dataset.theme = theme;
} catch { /* no storage: as the system has it */ }
