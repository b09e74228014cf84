package dev.interlock.confine;

import dev.interlock.evidence.Json;
import java.util.List;

/**
 * What an agent left in its workspace that runs by itself later.
 *
 * @param files by path
 * @param unheld how many files that run by themselves the agent could write: too many, or in directories that it had
 *     shut itself out of
 * @param whole whether the workspace could be looked through, both before and after
 */
public record Leavings(List<File> files, int unheld, boolean whole) {

    /** Of an agent that left nothing. */
    public static final Leavings NONE = new Leavings(List.of(), 0, true);

    /** When nobody could look. */
    static final Leavings UNSEEN = new Leavings(List.of(), 0, false);

    /**
     * One.
     *
     * @param path seen from the workspace
     * @param fresh whether it was not there before; otherwise it was changed
     * @param why who runs it, and when, as a clause
     */
    public record File(String path, boolean fresh, String why) {}

    /** As programs are told. */
    public Json.Members json() {
        return Json.object()
                .with(
                        "files",
                        new Json.Array(files.stream()
                                .<Json>map(file -> Json.object()
                                        .with("path", file.path())
                                        .with("new", file.fresh())
                                        .with("why", file.why()))
                                .toList()))
                .with("unheld", unheld)
                .with("whole", whole);
    }

    /**
     * Reads what {@link #json} wrote.
     *
     * @throws dev.interlock.evidence.MalformedException if it is anything else
     */
    public static Leavings read(Json.Members told) {
        return new Leavings(
                told.objects("files").stream()
                        .map(file -> new File(file.text("path"), file.flag("new"), file.text("why")))
                        .toList(),
                Math.toIntExact(told.whole("unheld")),
                told.flag("whole"));
    }

    public Leavings {
        files = List.copyOf(files);
    }
}
