package dev.interlock.front.git;

import dev.interlock.action.PushedRef;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevTag;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.eclipse.jgit.treewalk.EmptyTreeIterator;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.filter.TreeFilter;

/** What a push does to a repository's history. Whatever is not certain counts as the worse case. */
final class PushHistory {

    /** The most commits of which the whole trees are fetched. A push builds on one or two. */
    private static final int MAX_TREES = 100;

    /** How much of what commits say is kept, in characters: a push that says more counts as unknown. */
    private static final int MAX_SAID = 4_000_000;

    /**
     * The most characters of the paths that a push changes, each with those that its object takes. Beyond it they count
     * as unknown: a directory in itself, twice each, makes any number of them of a few bytes.
     */
    static final int MAX_CHANGED = 32_000_000;

    private static final int OF_PATH = 100;
    /** The same for a path that another ref of the push changes too: only its place in a list. */
    private static final int OF_PLACE = 10;

    /** The most characters of all names in the trees that a push brings: for each object a long one. */
    static final int MAX_NAMED = 16_000_000;

    private static final int MAX_LOST = 100_000;

    /** The names of manifests whose scripts run when somebody installs the package. */
    private static final Set<String> MANIFESTS = Set.of("package.json", "composer.json");

    private static final int MAX_PEOPLE = 20;

    /** The most commits of a ref that people read by subject: as many as fit into one fact. */
    private static final int MAX_NEWEST = 8;

    private static final int MAX_SUBJECT = 72;

    private final RepositoryCopy copy;
    private final Quarantine quarantine;
    private final PushCommands commands;
    private final Optional<RemoteRefs> refs;
    private final Set<String> own;
    private final Function<String, Set<String>> installScripts;
    private final RunningDiff diff;
    private final ReadingTime time;
    /** What the ref leads to that was asked for last: of a hundred refs, each may lead to all. */
    private String lastTip = "";

    private PushContent last = new PushContent();
    private final Map<ObjectId, String> messages = new HashMap<>();
    private final Map<String, String> changed = new HashMap<>();
    private long said;
    private long weight;
    private long named;
    private final Set<ObjectId> refused = new HashSet<>(); // files that the server does not give

    /**
     * The objects of a push, as far as its refs lead to them.
     *
     * @param places the place of each file and directory, one of several
     * @param starts the commits that those of the push build on, and that it does not bring
     */
    record PushContent(Map<ObjectId, TreePlace> places, List<ObjectId> commits, Set<ObjectId> starts) {
        PushContent() {
            this(new HashMap<>(), new ArrayList<>(), new LinkedHashSet<>());
        }

        /** Returns the path of a file or directory; empty if it is none of them. */
        Optional<String> path(ObjectId id) {
            TreePlace found = places.get(id);
            if (found == null) {
                return Optional.empty();
            }
            Deque<String> names = new ArrayDeque<>();
            for (TreePlace place = found;
                    place.directory().isPresent();
                    place = place.directory().get()) {
                names.push(place.name());
            }
            return Optional.of(String.join("/", names));
        }
    }

    /**
     * A name in a directory. Whole paths of directories in each other would grow with the square of their number.
     *
     * @param directory empty for the root
     */
    record TreePlace(Optional<TreePlace> directory, String name) {}

    /**
     * @param refs the branches and tags of the server; empty if nobody may ask for them
     * @param own the commits that the agent has brought before
     * @param installScripts returns the scripts of a manifest that run at installation
     * @param diff takes the files that machines run
     */
    PushHistory(
            RepositoryCopy copy,
            Quarantine quarantine,
            PushCommands commands,
            Optional<RemoteRefs> refs,
            Set<String> own,
            Function<String, Set<String>> installScripts,
            RunningDiff diff,
            ReadingTime time) {
        this.own = own;
        this.installScripts = installScripts;
        this.diff = diff;
        this.time = time;
        this.copy = copy;
        this.quarantine = quarantine;
        this.commands = commands;
        this.refs = refs;
    }

    /** Returns all that the push brings. Throws if it brings something that none of its refs leads to. */
    PushContent content() throws IOException {
        PushContent all = new PushContent();
        Set<ObjectId> seen = new HashSet<>();
        for (RefCommand command : commands.commands()) {
            if (command.change() != PushedRef.Change.DELETE) {
                walk(ObjectId.fromString(command.after()), seen, all, true);
            }
        }
        if (seen.size() != quarantine.size()) {
            throw new UnreadablePushException(PushRefusals.NEEDLESS_OBJECTS);
        }
        return all;
    }

    private void walk(ObjectId tip, Set<ObjectId> seen, PushContent all, boolean withTrees) throws IOException {
        Deque<ObjectId> left = new ArrayDeque<>(List.of(tip));
        try (RevWalk walk = new RevWalk(quarantine.repository())) {
            while (!left.isEmpty()) {
                time.requireLeft();
                ObjectId id = left.pop();
                if (!quarantine.brings(id)) {
                    all.starts().add(id.copy());
                    continue;
                }
                if (!seen.add(id.copy())) {
                    continue;
                }
                switch (walk.parseAny(id)) {
                    case RevCommit commit -> {
                        all.commits().add(id.copy());
                        if (withTrees) {
                            trees(walk.getObjectReader(), commit.getTree(), seen, all.places());
                        }
                        for (RevCommit parent : commit.getParents()) {
                            left.push(parent);
                        }
                        commit.disposeBody();
                    }
                    case RevTag tag -> left.push(tag.getObject());
                    default -> throw new UnreadablePushException(PushRefusals.NO_COMMIT);
                }
            }
        }
    }

    /** Walks over the trees and files that the push brings, from {@code root} on. */
    private void trees(ObjectReader reader, ObjectId root, Set<ObjectId> seen, Map<ObjectId, TreePlace> places)
            throws IOException {
        Deque<Map.Entry<ObjectId, TreePlace>> left = new ArrayDeque<>();
        if (quarantine.brings(root) && seen.add(root.copy())) {
            TreePlace place = new TreePlace(Optional.empty(), "");
            places.put(root.copy(), place);
            left.push(Map.entry(root.copy(), place));
        }
        while (!left.isEmpty()) {
            time.requireLeft();
            Map.Entry<ObjectId, TreePlace> tree = left.pop();
            Optional<TreePlace> directory = Optional.of(tree.getValue());
            CanonicalTreeParser entries = new CanonicalTreeParser();
            for (entries.reset(reader, tree.getKey()); !entries.eof(); entries.next()) {
                ObjectId id = entries.getEntryObjectId();
                if (!FileMode.GITLINK.equals(entries.getEntryRawMode()) && quarantine.brings(id) && seen.add(id)) {
                    TreePlace place = new TreePlace(directory, entries.getEntryPathString());
                    named += place.name().length();
                    if (named > MAX_NAMED) {
                        throw new UnreadablePushException(
                                PushRefusals.PACK_LIMIT, "has names of more than " + MAX_NAMED + " characters");
                    }
                    places.put(id, place);
                    if (FileMode.TREE.equals(entries.getEntryRawMode())) {
                        left.push(Map.entry(id, place));
                    }
                }
            }
        }
    }

    List<PushedRef> refs() throws IOException {
        Set<String> needed = new TreeSet<>();
        for (RefCommand command : commands.commands()) {
            needed(command, needed);
        }
        if (needed.size() > MAX_TREES) {
            throw new UnreadablePushException(PushRefusals.TOO_MANY_COMMITS, MAX_TREES);
        }
        if (refs.isPresent()) {
            copy.fetchTrees(needed);
        }
        List<PushedRef> pushed = new ArrayList<>();
        for (RefCommand command : commands.commands()) {
            pushed.add(pushed(command));
        }
        return pushed;
    }

    private void needed(RefCommand command, Set<String> needed) throws IOException {
        if (command.change() == PushedRef.Change.DELETE) {
            return;
        }
        Set<ObjectId> compared = new LinkedHashSet<>(content(command).starts());
        if (command.change() == PushedRef.Change.UPDATE) {
            compared.add(ObjectId.fromString(command.before()));
        }
        try (RevWalk walk = new RevWalk(quarantine.repository())) {
            for (ObjectId id : compared) {
                Optional<RevCommit> commit = commit(walk, id);
                if (commit.isPresent()
                        && !walk.getObjectReader().has(commit.get().getTree())) {
                    needed.add(commit.get().name());
                }
            }
        }
    }

    private PushContent content(RefCommand command) throws IOException {
        if (!lastTip.equals(command.after())) {
            last = new PushContent();
            lastTip = command.after();
            walk(ObjectId.fromString(lastTip), new HashSet<>(), last, false);
        }
        return last;
    }

    private PushedRef pushed(RefCommand command) throws IOException {
        boolean isDeleted = command.change() == PushedRef.Change.DELETE;
        Lost lost = command.change() == PushedRef.Change.CREATE ? Lost.NOTHING : lost(command);
        Optional<PushedRef.ChangedFiles> files = isDeleted ? Optional.of(PushedRef.ChangedFiles.NONE) : files(command);
        boolean isRead = isDeleted || (files.isPresent() && allKnown(content(command)));
        return new PushedRef(
                command.change(),
                command.ref(),
                isDeleted ? command.before() : command.after(),
                command.change() == PushedRef.Change.UPDATE && !isFastForward(command),
                refs.flatMap(RemoteRefs::defaultBranch)
                        .filter(command.ref()::equals)
                        .isPresent(),
                isRead ? PushedRef.Origin.READ : PushedRef.Origin.UNKNOWN,
                files.orElse(PushedRef.ChangedFiles.UNKNOWN),
                lost.commits(),
                lost.history());
    }

    /** Returns whether the branches and tags of the server have every commit that {@code content} builds on. */
    private boolean allKnown(PushContent content) throws IOException {
        if (refs.isEmpty()) {
            return content.starts().isEmpty();
        }
        for (ObjectId start : content.starts()) {
            if (!copy.has(start)) {
                return false;
            }
        }
        return true;
    }

    /** A tag is not expected to move at all. */
    private boolean isFastForward(RefCommand command) throws IOException {
        if (command.isTag()) {
            return false;
        }
        try (RevWalk walk = new RevWalk(quarantine.repository())) {
            Optional<RevCommit> before = commit(walk, ObjectId.fromString(command.before()));
            Optional<RevCommit> after = commit(walk, ObjectId.fromString(command.after()));
            return before.isPresent() && after.isPresent() && walk.isMergedInto(before.get(), after.get());
        } catch (MissingObjectException e) {
            return false;
        }
    }

    /** Returns the commit that {@code id} names, perhaps by tags; empty if there is none here. */
    private static Optional<RevCommit> commit(RevWalk walk, ObjectId id) throws IOException {
        try {
            RevObject object = walk.peel(walk.parseAny(id));
            return object instanceof RevCommit commit ? Optional.of(walk.parseCommit(commit)) : Optional.empty();
        } catch (MissingObjectException | IncorrectObjectTypeException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the files that differ, in each commit from all parents, and between the ends of a move; empty if unknown.
     */
    private Optional<PushedRef.ChangedFiles> files(RefCommand command) throws IOException {
        Set<String> brought = new TreeSet<>();
        Set<String> installing = new TreeSet<>();
        List<String> said = new ArrayList<>();
        try (RevWalk walk = new RevWalk(quarantine.repository())) {
            for (ObjectId id : content(command).commits()) {
                time.requireLeft();
                RevCommit commit = walk.parseCommit(id);
                said.add(message(commit));
                List<ObjectId> parents = new ArrayList<>();
                for (RevCommit parent : commit.getParents()) {
                    parents.add(walk.parseCommit(parent).getTree());
                }
                commit.disposeBody();
                ObjectReader reader = walk.getObjectReader();
                differences(reader, commit.getTree(), parents, file -> {
                    String path = path(file, brought);
                    if (installsMore(reader, file)) {
                        installing.add(path);
                    }
                });
            }
            Set<String> all = new TreeSet<>(brought);
            if (!compare(command, walk, brought, installing, all)) {
                return Optional.empty();
            }
            GainedCommits gained = gained(command);
            return Optional.of(new PushedRef.ChangedFiles(
                    gained.number(),
                    List.copyOf(brought),
                    List.copyOf(all),
                    List.copyOf(installing),
                    said,
                    gained.newest(),
                    diff.takeText()));
        } catch (MissingObjectException | TooMuchException e) {
            return Optional.empty();
        }
    }

    /**
     * Compares both ends of a move: adds what differs to {@code all}, and what runs of it to the diff. A new ref is
     * compared for the diff alone. False if an end is unknown.
     */
    private boolean compare(
            RefCommand command, RevWalk walk, Set<String> brought, Set<String> installing, Set<String> all)
            throws IOException {
        boolean isMove = command.change() == PushedRef.Change.UPDATE;
        Optional<RevCommit> after = commit(walk, ObjectId.fromString(command.after()));
        Optional<RevCommit> before = isMove ? commit(walk, ObjectId.fromString(command.before())) : base(walk, after);
        if (isMove && (before.isEmpty() || after.isEmpty())) {
            return false;
        }
        if (!isMove && installing.isEmpty() && brought.stream().noneMatch(diff::isOf)) {
            return true;
        }
        ObjectReader reader = walk.getObjectReader();
        differences(
                reader,
                after.orElseThrow().getTree(),
                before.map(RevCommit::getTree).stream()
                        .<ObjectId>map(tree -> tree)
                        .toList(),
                file -> {
                    String path = isMove ? path(file, all) : VisibleText.line(file.getPathString());
                    boolean isShown = brought.contains(path) && (diff.isOf(path) || installing.contains(path));
                    if (isShown && diff.hasRoom()) {
                        diff.add(path, state(reader, file, 1), state(reader, file, 0));
                    }
                });
        return true;
    }

    /** Returns the commit that {@code tip} is built on, along first parents, and that the push does not bring. */
    private Optional<RevCommit> base(RevWalk walk, Optional<RevCommit> tip) throws IOException {
        Optional<RevCommit> at = tip;
        while (at.isPresent() && quarantine.brings(at.get())) {
            time.requireLeft();
            at = at.get().getParentCount() == 0
                    ? Optional.empty()
                    : commit(walk, at.get().getParent(0));
        }
        return at;
    }

    /** A file that does not come with the push lies on the server. */
    private RunningDiff.FileState state(ObjectReader reader, TreeWalk file, int tree) throws IOException {
        FileMode mode = file.getFileMode(tree);
        if ((mode.getBits() & FileMode.TYPE_MASK) != FileMode.TYPE_FILE) {
            return new RunningDiff.FileState(mode, Optional.of(new byte[0]));
        }
        Optional<ObjectLoader> opened = opened(reader, file.getObjectId(tree));
        return new RunningDiff.FileState(
                mode,
                opened.filter(content -> content.getSize() <= RunningDiff.MAX_FILE)
                        .map(ObjectLoader::getCachedBytes));
    }

    private Optional<ObjectLoader> opened(ObjectReader reader, ObjectId id) throws IOException {
        time.requireLeft();
        if (!reader.has(id) && (refs.isEmpty() || refused.contains(id) || !copy.fetchFile(id))) {
            refused.add(id);
            return Optional.empty();
        }
        return Optional.of(reader.open(id));
    }

    /** Returns what {@code commit} says, which lies in memory once for all refs. */
    private String message(RevCommit commit) throws TooMuchException {
        String known = messages.get(commit);
        if (known != null) {
            return known;
        }
        String message = commit.getFullMessage();
        said += message.length();
        if (said > MAX_SAID) {
            throw new TooMuchException();
        }
        messages.put(commit.copy(), message);
        return message;
    }

    /** Adds the path of {@code file} to {@code paths}, and returns it. It lies in memory once for all refs. */
    private String path(TreeWalk file, Set<String> paths) throws TooMuchException {
        String path = VisibleText.line(file.getPathString());
        String known = changed.putIfAbsent(path, path);
        String once = known == null ? path : known;
        if (paths.add(once)) {
            weight += known == null ? OF_PATH + path.length() : OF_PLACE;
        }
        if (weight > MAX_CHANGED) {
            throw new TooMuchException();
        }
        return once;
    }

    /** Thrown for a push that changes or says more than is kept. */
    private static final class TooMuchException extends IOException {

        private static final long serialVersionUID = 1;
    }

    /** @param newest some of them, each in a line for people */
    private record GainedCommits(OptionalInt number, List<String> newest) {
        static final GainedCommits UNKNOWN = new GainedCommits(OptionalInt.empty(), List.of());
    }

    /** Returns the commits that a ref gains: for a new one, those that no other ref of the server has. */
    private GainedCommits gained(RefCommand command) throws IOException {
        Set<ObjectId> before = new HashSet<>();
        if (command.change() == PushedRef.Change.UPDATE) {
            before.add(ObjectId.fromString(command.before()));
        } else {
            refs.ifPresent(known -> known.ids().values().forEach(id -> before.add(ObjectId.fromString(id))));
        }
        try (RevWalk walk = new RevWalk(quarantine.repository())) {
            if (!start(walk, ObjectId.fromString(command.after()), before)) {
                return GainedCommits.UNKNOWN;
            }
            int commits = 0;
            List<String> newest = new ArrayList<>();
            for (RevCommit commit = walk.next(); commit != null; commit = walk.next()) {
                time.requireLeft();
                if (++commits > MAX_LOST) {
                    return GainedCommits.UNKNOWN;
                }
                if (newest.size() < MAX_NEWEST) {
                    newest.add(line(commit));
                }
            }
            if (commits > newest.size()) {
                newest.add("and " + (commits - newest.size()) + " more");
            }
            return new GainedCommits(OptionalInt.of(commits), newest);
        } catch (MissingObjectException e) {
            return GainedCommits.UNKNOWN;
        }
    }

    /** Returns a commit as people list it, for example {@code 1f2e3d4 Fix the total, by Ann}. */
    private static String line(RevCommit commit) {
        String subject = VisibleText.line(commit.getShortMessage());
        return commit.abbreviate(7).name() + " " + VisibleText.shortened(subject, MAX_SUBJECT) + ", by "
                + author(commit);
    }

    /** Starts at what {@code from} leads to and none of {@code without} does; false if it is no commit here. */
    private boolean start(RevWalk walk, ObjectId from, Set<ObjectId> without) throws IOException {
        Optional<RevCommit> first = commit(walk, from);
        if (first.isEmpty()) {
            return false;
        }
        walk.markStart(first.get());
        for (ObjectId id : without) {
            time.requireLeft();
            Optional<RevCommit> known = commit(walk, id);
            if (known.isPresent()) {
                walk.markUninteresting(known.get());
            }
        }
        return true;
    }

    /** What is done with a file that differs. */
    private interface Difference {
        void at(TreeWalk file) throws IOException;
    }

    private void differences(ObjectReader reader, ObjectId tree, List<ObjectId> parents, Difference found)
            throws IOException {
        try (TreeWalk walk = new TreeWalk(reader)) {
            walk.setRecursive(true);
            walk.addTree(tree);
            if (parents.isEmpty()) {
                walk.addTree(new EmptyTreeIterator());
            }
            for (ObjectId parent : parents) {
                walk.addTree(parent);
            }
            walk.setFilter(new TimedDifference());
            while (walk.next()) {
                if (differsFromAll(walk)) {
                    found.at(walk);
                }
            }
        }
    }

    /** Accepts what differs, as long as there is time: directories without files may stand for any number of others. */
    private final class TimedDifference extends TreeFilter {

        @Override
        public boolean include(TreeWalk walk) throws IOException {
            time.requireLeft();
            return ANY_DIFF.include(walk);
        }

        @Override
        public boolean shouldBeRecursive() {
            return false;
        }

        @Override
        public TreeFilter clone() {
            return this;
        }
    }

    /** Returns whether the file is a manifest with a script at installation that no parent has, or cannot be read. */
    private boolean installsMore(ObjectReader reader, TreeWalk file) throws IOException {
        if (!MANIFESTS.contains(file.getNameString().toLowerCase(Locale.ROOT))
                || FileMode.MISSING.equals(file.getFileMode(0))) {
            return false;
        }
        Optional<Set<String>> now = scripts(reader, file, 0);
        if (now.isEmpty()) {
            return true;
        }
        Set<String> added = new HashSet<>(now.get());
        for (int parent = 1; parent < file.getTreeCount() && !added.isEmpty(); parent++) {
            scripts(reader, file, parent).ifPresent(added::removeAll);
        }
        return !added.isEmpty();
    }

    /** What a link leads to is not looked at. */
    private Optional<Set<String>> scripts(ObjectReader reader, TreeWalk file, int tree) throws IOException {
        FileMode mode = file.getFileMode(tree);
        if (!FileMode.REGULAR_FILE.equals(mode) && !FileMode.EXECUTABLE_FILE.equals(mode)) {
            return Optional.empty();
        }
        ObjectId id = file.getObjectId(tree);
        Optional<ObjectLoader> opened = opened(reader, id);
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        if (opened.get().getSize() > PackScanner.MAX_OBJECT) {
            return Optional.of(Set.of("a manifest that is too long to be read: " + id.name()));
        }
        byte[] content = opened.get().getCachedBytes(PackScanner.MAX_OBJECT);
        return Optional.of(installScripts.apply(new String(content, StandardCharsets.UTF_8)));
    }

    private static boolean differsFromAll(TreeWalk walk) {
        for (int parent = 1; parent < walk.getTreeCount(); parent++) {
            if (walk.getRawMode(0) == walk.getRawMode(parent) && walk.idEqual(0, parent)) {
                return false;
            }
        }
        return true;
    }

    private record Lost(OptionalInt commits, PushedRef.LostHistory history) {

        static final Lost NOTHING = new Lost(OptionalInt.of(0), PushedRef.LostHistory.NONE);
        /** Nobody asked the server. */
        static final Lost UNREAD = new Lost(OptionalInt.empty(), PushedRef.LostHistory.NONE);

        /** It cannot be counted, so it may be anybody's work. */
        static final Lost UNKNOWN = new Lost(
                OptionalInt.empty(), new PushedRef.LostHistory(List.of(), List.of("people who are not known"), ""));
    }

    private Lost lost(RefCommand command) throws IOException {
        if (refs.isEmpty()) {
            return Lost.UNREAD;
        }
        try (RevWalk walk = new RevWalk(quarantine.repository())) {
            ObjectId before = ObjectId.fromString(command.before());
            return start(walk, before, remaining(command)) ? counted(walk) : Lost.UNKNOWN;
        } catch (MissingObjectException e) {
            return Lost.UNKNOWN;
        }
    }

    private static String author(RevCommit commit) {
        return VisibleText.shortened(VisibleText.line(commit.getAuthorIdent().getName()), 60);
    }

    private Lost counted(RevWalk walk) throws IOException {
        Set<String> people = new TreeSet<>();
        Set<String> others = new TreeSet<>();
        int commits = 0;
        Instant first = Instant.MAX;
        Instant last = Instant.MIN;
        // An iterator would not say that a commit is missing.
        for (RevCommit commit = walk.next(); commit != null; commit = walk.next()) {
            time.requireLeft();
            if (++commits > MAX_LOST) {
                return Lost.UNKNOWN;
            }
            people.add(author(commit));
            if (!own.contains(commit.name())) {
                others.add(author(commit));
            }
            Instant at = commit.getAuthorIdent().getWhenAsInstant();
            first = at.isBefore(first) ? at : first;
            last = at.isAfter(last) ? at : last;
        }
        return commits == 0
                ? Lost.NOTHING
                : new Lost(
                        OptionalInt.of(commits),
                        new PushedRef.LostHistory(
                                people.stream().limit(MAX_PEOPLE).toList(),
                                others.stream().limit(MAX_PEOPLE).toList(),
                                day(first) + " to " + day(last)));
    }

    private static String day(Instant at) {
        return at.atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    /** Returns what the refs name after {@code own}, if the server refuses any other command of the push. */
    private Set<ObjectId> remaining(RefCommand own) throws IOException {
        Map<String, String> ids = new HashMap<>(refs.orElseThrow().ids());
        for (RefCommand command : commands.commands()) {
            if (command.change() == PushedRef.Change.DELETE
                    || (command.change() == PushedRef.Change.UPDATE && !isFastForward(command))) {
                ids.remove(command.ref());
            }
        }
        if (own.change() != PushedRef.Change.DELETE) {
            ids.put(own.ref(), own.after());
        }
        Set<ObjectId> tips = new HashSet<>();
        ids.values().forEach(id -> tips.add(ObjectId.fromString(id)));
        return tips;
    }
}
