package dev.interlock.confine;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/**
 * What is laid out for an agent to reach. It holds no secret: only where things are.
 *
 * @param mark a word that stands in the environment of the launcher, and in that of a process of its user
 * @param tcp addresses of this host where somebody listens, as {@code host port}
 * @param udp as {@code tcp}
 * @param resolvers the host's own, as numeric addresses
 * @param sockets Unix sockets: one that is laid out, and those that the host may have
 * @param abstractSocket the name of a socket without a file
 * @param files files and directories that must not be readable
 * @param written files that may be read, but not written
 * @param admin the gateway's administrative socket, which everybody may reach and few may use; empty if nobody may
 * @param pid of a process of the launcher's user
 * @param shown directories that are seen inside, in which no socket may lead anywhere
 * @param bare whether there is no sandbox around: what only a sandbox shuts is not tried then
 */
record Bait(
        String mark,
        List<String> tcp,
        List<String> udp,
        List<String> resolvers,
        List<Named> sockets,
        String abstractSocket,
        List<Named> files,
        List<String> written,
        String admin,
        long pid,
        List<String> shown,
        boolean bare) {

    /** A path, and what it is called in reports. */
    record Named(String name, String path) {}

    Bait {
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

    static Bait read(Json.Members fields) {
        return new Bait(
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

    private static Json json(List<Named> all) {
        return new Json.Array(all.stream()
                .<Json>map(one -> Json.object().with("name", one.name()).with("path", one.path()))
                .toList());
    }

    private static List<Named> named(List<Json.Members> all) {
        return all.stream()
                .map(one -> new Named(one.text("name"), one.text("path")))
                .toList();
    }
}
