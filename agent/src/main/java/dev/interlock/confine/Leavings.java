package dev.interlock.confine;

import dev.interlock.evidence.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an agent left in its workspace that runs by itself later, or is no plain file.
 *
 * @param files what runs by itself, by path
 * @param more how many further ones are not named
 * @param snares what is no plain file, by kind
 * @param unheld how many files that run by themselves the agent could write: too many, or in directories that it had
 *     shut itself out of
 * @param whole whether the workspace could be looked through, both before and after
 */
public record Leavings(List<File> files, int more, List<Snare> snares, int unheld, boolean whole) {

    /** Of one reason, and how long a name: a record that is too long to be read hides everything. */
    private static final int MOST_RECORDED = 50;

    private static final int LONGEST_RECORDED = 1_000;

    /** Of an agent that left nothing. */
    public static final Leavings NONE = new Leavings(List.of(), 0, List.of(), 0, true);

    /** When nobody could look. */
    static final Leavings UNSEEN = new Leavings(List.of(), 0, List.of(), 0, false);

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
                .with("more", more)
                .with("snares", new Json.Array(snares.stream().map(Snare::json).toList()))
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
                told.get("more").isPresent() ? Math.toIntExact(told.whole("more")) : 0, // not in what is older
                told.get("snares").isPresent()
                        ? told.objects("snares").stream().map(Snare::read).toList()
                        : List.of(),
                Math.toIntExact(told.whole("unheld")),
                told.flag("whole"));
    }

    public Leavings {
        files = List.copyOf(files);
        snares = List.copyOf(snares);
    }

    /** Whether there is anything to be looked at. */
    public boolean isAnything() {
        return !files.isEmpty() || more > 0 || !snares.isEmpty();
    }

    /** As a record has it: of each reason the first, and how many more there are. */
    Leavings recorded() {
        Map<String, Integer> reasons = new HashMap<>();
        List<File> some = files.stream()
                .filter(file -> file.path().length() <= LONGEST_RECORDED
                        && reasons.merge(file.why(), 1, Integer::sum) <= MOST_RECORDED)
                .toList();
        return new Leavings(some, more + files.size() - some.size(), snares, unheld, whole);
    }

    Leavings with(SnareSearch.Result found) {
        return new Leavings(files, more, found.snares(), unheld, whole && found.whole());
    }
}
