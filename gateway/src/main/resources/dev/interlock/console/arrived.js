// A browser that came here from somebody else's page brings no session along; from a page of ours it does.

const hold = /^[HS]-[0-9A-Z]{26}$/.exec(sessionStorage.getItem('hold') ?? '')?.[0];
sessionStorage.removeItem('hold');
location.replace(hold ? `/holds/${hold}` : document.getElementById('go-on').href);
