package dev.interlock.confine;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/**
 * The targets that an escape test tries to reach. This holds no secrets, only locations.
 *
 * @param mark a word in the environment of the launcher and of a process of its user
 * @param tcp listening addresses of this host, as {@code host port}
 * @param udp as {@code tcp}
 * @param resolvers the host's own, as numeric addresses
 * @param sockets Unix sockets: one made for the test, and those that the host may have
 * @param abstractSocket the name of a socket without a file
 * @param files files and directories that must not be readable
 * @param written files that may be read, but not written
 * @param admin the gateway's administrative socket, which everybody may reach and few may use; empty if it must not
 *     even be reached
 * @param pid a process of the launcher's user
 * @param shown directories visible inside, in which no socket may lead anywhere
 * @param bare whether there is no sandbox; then tests of protections that only a sandbox has are skipped
 */
record EscapeTargets(
        String mark,
        List<String> tcp,
        List<String> udp,
        List<String> resolvers,
        List<NamedPath> sockets,
        String abstractSocket,
        List<NamedPath> files,
        List<String> written,
        String admin,
        long pid,
        List<String> shown,
        boolean bare) {

    /** A path, and its name in reports. */
    record NamedPath(String name, String path) {}

    EscapeTargets {
        tcp = List.copyOf(tcp);
        udp = List.copyOf(udp);
        resolvers = List.copyOf(resolvers);
        sockets = List.copyOf(sockets);
        files = List.copyOf(files);
        written = List.copyOf(written);
        shown = List.copyOf(shown);
    }

    Json.Members json() {
        return Json.object()
                .with("mark", mark)
                .withTexts("tcp", tcp)
                .withTexts("udp", udp)
                .withTexts("resolvers", resolvers)
                .with("sockets", json(sockets))
                .with("abstract", abstractSocket)
                .with("files", json(files))
                .withTexts("written", written)
                .with("admin", admin)
                .with("pid", pid)
                .withTexts("shown", shown)
                .with("bare", bare);
    }

    static EscapeTargets read(Json.Members fields) {
        return new EscapeTargets(
                fields.text("mark"),
                fields.texts("tcp"),
                fields.texts("udp"),
                fields.texts("resolvers"),
                named(fields.objects("sockets")),
                fields.text("abstract"),
                named(fields.objects("files")),
                fields.texts("written"),
                fields.text("admin"),
                fields.whole("pid"),
                fields.texts("shown"),
                fields.get("bare").equals(Optional.of(new Json.Flag(true))));
    }

    private static Json json(List<NamedPath> all) {
        return new Json.Array(all.stream()
                .<Json>map(one -> Json.object().with("name", one.name()).with("path", one.path()))
                .toList());
    }

    private static List<NamedPath> named(List<Json.Members> all) {
        return all.stream()
                .map(one -> new NamedPath(one.text("name"), one.text("path")))
                .toList();
    }
}
