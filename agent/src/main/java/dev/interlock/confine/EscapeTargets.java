package dev.interlock.confine;

import java.util.List;
import java.util.Optional;

/**
 * The targets that an escape test tries to reach: locations, and no secrets.
 *
 * @param mark a word in the environment of the launcher and of a process of its user; also the name of a socket without
 *     a file
 * @param tcp listening addresses of this host, as {@code host port}
 * @param written files that may be read, but not written
 * @param admin a socket that everybody may reach and few may use; empty if it must not even be reached
 * @param pid a process of the launcher's user
 * @param shown directories visible inside, in which no socket may lead anywhere
 * @param bare whether there is no sandbox; then its own protections are not tried
 */
public record EscapeTargets(
        String mark,
        List<String> tcp,
        List<String> udp,
        List<String> resolvers,
        List<NamedPath> sockets,
        List<NamedPath> files,
        List<String> written,
        Optional<String> admin,
        long pid,
        List<String> shown,
        boolean bare) {

    public record NamedPath(String name, String path) {}

    public EscapeTargets {
        tcp = List.copyOf(tcp);
        udp = List.copyOf(udp);
        resolvers = List.copyOf(resolvers);
        sockets = List.copyOf(sockets);
        files = List.copyOf(files);
        written = List.copyOf(written);
        shown = List.copyOf(shown);
    }
}
