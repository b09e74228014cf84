// A browser that came here from somebody else's page brings no session along; from a page of ours it does.

location.replace(document.getElementById('go-on').href);
