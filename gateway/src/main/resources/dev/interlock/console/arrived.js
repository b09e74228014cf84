// A browser that came here from somebody else's page brings no session along; from a page of ours it does.

const page = /^\/([a-z]{4,9}|holds\/[HS]-[0-9A-Z]{26})$/.exec(sessionStorage.getItem('to') ?? '')?.[0];
sessionStorage.removeItem('to');
location.replace(page ?? document.getElementById('go-on').href);
