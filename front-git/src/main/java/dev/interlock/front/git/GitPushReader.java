package dev.interlock.front.git;

import dev.interlock.action.Bytes;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.HttpCall;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Seal;
import dev.interlock.gate.PushReader;
import dev.interlock.gate.StateUndo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.WindowCacheConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;

/** Reads what a push would do: takes the body, checks commands and pack, and unpacks that into a quarantine. */
public final class GitPushReader implements PushReader {

    private static final System.Logger LOG = System.getLogger(GitPushReader.class.getName());
    /** More would only lie in memory. */
    private static final int MAX_AT_ONCE = 2;
    /** The most bodies that arrive at once. Each may take {@link PushBody#MAX_PUSH} on the disk. */
    private static final int MAX_ARRIVING = 8;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String UNDO = "undo";

    private static final PushReading SECRET_NAME = new PushReading.SecretPush(List.of("the name of a branch or tag"));

    private final RepositoryCopies copies;
    private final Path bodies;
    private final Function<String, Set<String>> installScripts;
    private final FairSemaphore reading = new FairSemaphore(MAX_AT_ONCE);
    private final FairSemaphore arriving = new FairSemaphore(MAX_ARRIVING);
    /** The refs from which pushes that are under way may take history. */
    private final Map<PushBody, Set<String>> losing = Collections.synchronizedMap(new WeakHashMap<>());

    /**
     * @param bodies where the bodies of the gateway's own pushes are kept meanwhile
     * @param installScripts returns the scripts of a package's manifest that run when somebody installs it
     */
    public GitPushReader(
            Path directory,
            Path bodies,
            GitUpstream git,
            Function<String, Set<String>> installScripts,
            InstantSource clock) {
        this.bodies = bodies;
        this.installScripts = installScripts;
        this.copies = new RepositoryCopies(directory, git, clock);
    }

    @Override
    public PushReading read(PushRequest request) {
        if (!(request.call() instanceof HttpCall call && call.stream().orElse(null) instanceof PushBody body)) {
            return new PushReading.UnreadPush(
                    "The request is no push as Git sends it.", "Push with an ordinary Git client.");
        }
        try {
            PushCommands commands = inTurn(arriving, request.holder(), () -> body.commands(request.secrets()));
            return namesSecret(request, commands)
                    ? SECRET_NAME
                    : inTurn(reading, request.holder(), () -> read(request, call, body, commands));
        } catch (UnreadablePushException e) {
            return unread(request, e);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a push could not be read: {0}", e.getMessage());
            return new PushReading.UnavailablePush();
        }
    }

    @Override
    public Optional<PushReading.ReadPush> readDeletion(PushRequest request, String ref) {
        if (!(request.call() instanceof HttpCall address) || !mayAsk(request.upstream())) {
            return Optional.empty();
        }
        try {
            RemoteRefs now = inTurn(
                    reading,
                    request.holder(),
                    () -> copies.use(request.seal(), request.upstream(), address, RepositoryCopy::refs));
            String before = now.ids().get(ref);
            if (before == null) {
                return Optional.empty();
            }
            KeptPush deletion = new KeptPush(address.path(), List.of(), KeptPush.EMPTY_PACK);
            PushBody body =
                    new PushBody(deletion.source(List.of(new RefCommand(before, RefCommand.NONE, ref))), bodies);
            PushReading read = read(new PushRequest(
                    request.seal(),
                    request.upstream(),
                    address.with(body),
                    request.holder(),
                    request.agent(),
                    request.secrets(),
                    request.runs()));
            if (read instanceof PushReading.ReadPush known) {
                return Optional.of(known);
            }
            body.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "what a deletion loses could not be read: {0}", e.getMessage());
        }
        return Optional.empty();
    }

    private static boolean mayAsk(Seal.Upstream upstream) {
        return upstream.resolver().isPresent() || upstream.credentials().isEmpty();
    }

    private static boolean namesSecret(PushRequest request, PushCommands commands) throws IOException {
        String names = commands.commands().stream().map(RefCommand::ref).collect(Collectors.joining("\n"));
        return request.secrets().isIn(names.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns why it is not read, which may quote a name of its refs. */
    private static PushReading unread(PushRequest request, UnreadablePushException why) {
        try {
            return request.secrets().isIn(why.reason().getBytes(StandardCharsets.UTF_8))
                    ? SECRET_NAME
                    : new PushReading.UnreadPush(why.reason(), why.next());
        } catch (IOException e) {
            return new PushReading.UnavailablePush();
        }
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    /** Everything that uses JGit passes here. */
    private static <T> T inTurn(FairSemaphore turns, String holder, Reading<T> reading) throws IOException {
        QuietSystem.install();
        if (!turns.acquire(holder, PATIENCE)) {
            throw new IOException("too many pushes at once");
        }
        try {
            return reading.read();
        } finally {
            turns.release(holder);
        }
    }

    private PushReading read(PushRequest request, HttpCall call, PushBody body, PushCommands commands)
            throws IOException {
        if (commands.commands().isEmpty()) { // git asks so before a long push, and waits for the answer
            HttpCall asking = call.with(new WrittenPush(body, commands, Optional.empty(), () -> {}));
            return new PushReading.ReadPush(List.of(), asking, _ -> Optional.empty(), _ -> {});
        }
        // Before the server is asked: one of two pushes at once sees the other, also at another address.
        losing.put(body, names(commands.commands().stream()));
        Set<String> moving = new HashSet<>();
        losing.forEach((push, names) -> moving.addAll(push == body || push.isClosed() ? Set.of() : names));
        Seal.Upstream upstream = request.upstream();
        return copies.use(request.seal(), upstream, call, copy -> {
            Optional<RemoteRefs> all = unpacked(body, commands, copy, mayAsk(upstream));
            if (all.isPresent()) {
                requireCurrent(commands, all.get());
                copy.fetchHistory(all.get());
            }
            Optional<RemoteRefs> refs = all.map(now -> now.without(moving)); // which may keep nothing for long
            ReadingTime time = new ReadingTime(ReadingTime.MOST);
            Quarantine quarantine = body.quarantine().orElseThrow();
            PushedCommits brought = copy.broughtBy(request.agent());
            RunningDiff diff = new RunningDiff(request.runs(), request.secrets());
            PushHistory history =
                    new PushHistory(copy, quarantine, commands, refs, brought.ids(), installScripts, diff, time);
            PushHistory.PushContent content = history.content();
            Optional<PushReading.SecretPush> secrets =
                    new PushedSecrets(quarantine, content, time).find(body.begun(request.secrets()), request.secrets());
            if (secrets.isPresent()) {
                return secrets.get();
            }
            List<PushedRef> pushed = history.refs();
            losing.put(body, names(commands.commands().stream().filter(command -> loses(command, pushed))));
            List<ObjectId> added = refs.isPresent() ? copy.unknown(content.commits()) : List.of();
            boolean isListed = commands.commands().stream().allMatch(RefCommand::isListed)
                    && copy.unknown(content.starts()).isEmpty(); // its branches and tags lead to all of it
            Optional<Path> objects = refs.filter(_ -> isListed).map(_ -> copy.objects());
            Runnable whenDone = () -> arrived(brought, added, quarantine, objects);
            HttpCall outgoing = call.with(new WrittenPush(body, commands, Optional.of(quarantine), whenDone));
            return new PushReading.ReadPush(
                    pushed,
                    outgoing,
                    most -> refs.flatMap(now -> state(request, call, commands, pushed, content, now, most)),
                    resolved -> body.understood(pushed, resolved.meaning()));
        });
    }

    private static Set<String> names(Stream<RefCommand> commands) {
        return commands.map(RefCommand::ref).collect(Collectors.toSet());
    }

    /** Returns whether {@code command} may take history from its ref. */
    private static boolean loses(RefCommand command, List<PushedRef> pushed) {
        return command.change() == PushedRef.Change.DELETE
                || pushed.stream().anyMatch(ref -> ref.isForced() && ref.name().equals(command.ref()));
    }

    /** Keeps what the server has now in the {@code copy}, if that is one: the next push need not ask for it. */
    private static void arrived(
            PushedCommits brought, List<ObjectId> commits, Quarantine quarantine, Optional<Path> copy) {
        try {
            brought.add(commits);
            if (copy.isPresent() && Files.exists(copy.get())) { // an empty one was removed
                quarantine.moveTo(copy.get());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the commits of a push could not be noted: {0}", e.getClass());
        }
    }

    /** Returns what the push would change. It cannot be undone if nobody knows what it loses, or that is too long. */
    private Optional<Bytes> state(
            PushRequest request,
            HttpCall call,
            PushCommands commands,
            List<PushedRef> pushed,
            PushHistory.PushContent content,
            RemoteRefs refs,
            int most) {
        if (pushed.stream().anyMatch(ref -> ref.lost().isEmpty())) {
            return Optional.empty();
        }
        Map<String, String> remaining = new HashMap<>(refs.ids());
        Set<String> lost = new TreeSet<>();
        for (int i = 0; i < pushed.size(); i++) {
            RefCommand command = commands.commands().get(i);
            if (loses(command, pushed)) {
                remaining.remove(command.ref());
                lost.add(command.before());
            }
        }
        Set<String> kept = new TreeSet<>(remaining.values());
        if (pushed.size() == 1) { // of several, the server may refuse the one that would keep them
            content.starts().forEach(start -> kept.add(start.name()));
        }
        try {
            Bytes history = lost.isEmpty()
                    ? KeptPush.EMPTY_PACK
                    : copies.use(request.seal(), request.upstream(), call, copy -> copy.fetchLost(lost, kept, most));
            return Optional.of(new KeptPush(call.path(), commands.commands(), history).bytes());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "what a push loses could not be kept: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public Optional<StateUndo> undo(Seal seal, Seal.Upstream upstream, Bytes state) throws IOException {
        KeptPush kept = KeptPush.read(state);
        HttpCall address = kept.call(upstream);
        RemoteRefs now = inTurn(reading, UNDO, () -> copies.use(seal, upstream, address, RepositoryCopy::refs));
        return Optional.of(kept.undo(address, now, bodies));
    }

    /**
     * Unpacks what the push brings, and asks the server for its refs meanwhile. A call that is resolved once more,
     * because people have signed it, has been unpacked already.
     */
    private static Optional<RemoteRefs> unpacked(
            PushBody body, PushCommands commands, RepositoryCopy copy, boolean mayAsk) throws IOException {
        Optional<FutureTask<RemoteRefs>> asked = mayAsk ? Optional.of(new FutureTask<>(copy::refs)) : Optional.empty();
        try (ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor()) { // waits for the answer, too
            asked.ifPresent(beside::execute);
            if (body.quarantine().isEmpty()) {
                body.quarantined(Quarantine.unpack(body, commands, copy.objects(), new ReadingTime(ReadingTime.MOST)));
            }
        }
        if (asked.isPresent() && asked.get().state() != Future.State.SUCCESS) {
            throw new IOException("the server did not say its refs: " + asked.get());
        }
        return asked.map(Future::resultNow);
    }

    /** Requires that each ref is where the push says. The server checks it once more, when it moves the ref. */
    private static void requireCurrent(PushCommands commands, RemoteRefs refs) throws UnreadablePushException {
        for (RefCommand command : commands.commands()) {
            if (refs.isSymbolic(command.ref())) {
                throw new UnreadablePushException(PushRefusals.SYMBOLIC, command.ref());
            }
            String now = refs.ids().getOrDefault(command.ref(), RefCommand.NONE);
            if (command.isListed() && !now.equals(command.before())) {
                throw new UnreadablePushException(PushRefusals.CHANGED, command.ref());
            }
        }
    }

    /** Keeps JGit from reading the configuration of the machine and of the user, and from keeping much in memory. */
    static final class QuietSystem extends SystemReader.Delegate {

        private QuietSystem(SystemReader real) {
            super(real);
        }

        /** Sets JGit up, for the whole process: JGit has no other way. A start does without: JGit's jar is signed. */
        static synchronized void install() {
            if (!(SystemReader.getInstance() instanceof QuietSystem)) {
                SystemReader.setInstance(new QuietSystem(SystemReader.getInstance()));
                WindowCacheConfig memory = new WindowCacheConfig();
                memory.setPackedGitLimit(8L * WindowCacheConfig.MB);
                memory.setDeltaBaseCacheLimit(4 * WindowCacheConfig.MB);
                memory.setStreamFileThreshold(PackScanner.MAX_OBJECT + 1); // longer ones are read in pieces
                memory.setExposeStatsViaJmx(false);
                memory.install();
            }
        }

        private static final class NoConfig extends FileBasedConfig {
            NoConfig(Config parent, FS fs) {
                super(parent, null, fs);
            }

            /** JGit would measure it for a second. The time of a file lags by a tick of Linux's clock at most. */
            @Override
            public long getTimeUnit(String section, String part, String name, long otherwise, TimeUnit unit) {
                return name.equals("timestampResolution") ? unit.convert(Duration.ofMillis(10)) : otherwise;
            }

            @Override
            public void load() {}

            @Override
            public void save() {}

            @Override
            public boolean isOutdated() {
                return false;
            }
        }

        @Override
        public FileBasedConfig openUserConfig(Config parent, FS fs) {
            return new NoConfig(parent, fs);
        }

        @Override
        public FileBasedConfig openSystemConfig(Config parent, FS fs) {
            return new NoConfig(parent, fs);
        }

        @Override
        public FileBasedConfig openJGitConfig(Config parent, FS fs) {
            return new NoConfig(parent, fs);
        }
    }
}
