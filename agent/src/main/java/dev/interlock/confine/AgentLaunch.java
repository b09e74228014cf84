package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.evidence.Json;
import dev.interlock.session.SessionRecorder;
import dev.interlock.snapshot.LostFiles;
import dev.interlock.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One run of an agent, from opening its place to closing it.
 *
 * <p>The lease is renewed outside the sandbox: the agent never holds the means to prolong it.
 */
public final class AgentLaunch {

    /** The time that an agent gets to tidy up. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    /** The most that this process takes to record the agent's changes after it was asked to end. */
    private static final Duration RECORDING = Duration.ofSeconds(10);

    private final PlaceProvider places;
    private final SandboxLauncher confinement;
    private final InstantSource clock;
    private final Optional<RunRecording> records;
    private final Consumer<RunningSandbox> onStart;

    public AgentLaunch(GatewayPlaces places, SandboxLauncher confinement, InstantSource clock, RunRecording records) {
        this(places, confinement, clock, Optional.of(records));
    }

    /** Creates runs of a program that serves agents. They are not recorded: what it is asked is in the ledger. */
    public AgentLaunch(
            GatewayPlaces places, SandboxLauncher confinement, InstantSource clock, Consumer<RunningSandbox> onStart) {
        this(places, confinement, clock, Optional.empty(), onStart);
    }

    AgentLaunch(
            PlaceProvider places, SandboxLauncher confinement, InstantSource clock, Optional<RunRecording> records) {
        this(places, confinement, clock, records, _ -> {});
    }

    private AgentLaunch(
            PlaceProvider places,
            SandboxLauncher confinement,
            InstantSource clock,
            Optional<RunRecording> records,
            Consumer<RunningSandbox> onStart) {
        this.onStart = onStart;
        this.places = places;
        this.confinement = confinement;
        this.clock = clock;
        this.records = records;
    }

    /**
     * The recording of runs.
     *
     * @param warned is told, before an agent starts, of the killed runs in its workspace
     * @param unkept is told, before an agent starts, what of its workspace could not be kept, as a sentence
     * @param onRecorded is told of a run when it is over and recorded, before this process may end
     */
    public record RunRecording(
            Path sessions,
            Consumer<List<UnfinishedRun.UnfinishedRunReport>> warned,
            Consumer<String> unkept,
            Consumer<RunOutcome> onRecorded) {}

    /** The command to run and its surroundings, apart from those that the place brings; see {@link SandboxSpec}. */
    public record RunOrder(
            List<String> command,
            Path workspace,
            Map<String, String> variables,
            List<Path> readable,
            Set<Path> hidden,
            Set<Path> covered,
            boolean interactive,
            WorkspaceGuard guard,
            RunHome home,
            RunPorts ports) {

        public RunOrder(
                List<String> command,
                Path workspace,
                Map<String, String> variables,
                List<Path> readable,
                Set<Path> hidden,
                Set<Path> covered,
                boolean interactive) {
            this(
                    command,
                    workspace,
                    variables,
                    readable,
                    hidden,
                    covered,
                    interactive,
                    WorkspaceGuard.USUAL,
                    RunHome.EMPTY,
                    RunPorts.NONE);
        }

        public RunOrder {
            command = List.copyOf(command);
            variables.keySet().forEach(SandboxSpec::requireName);
            variables = Map.copyOf(variables);
            readable = List.copyOf(readable);
            hidden = Set.copyOf(hidden);
            covered = Set.copyOf(covered);
        }
    }

    /**
     * The ports that lead out of a run, or into it.
     *
     * @param services local services that the agent reaches
     * @param published ports of the agent that people open at this machine's loopback
     * @param areUsualPublished whether the usual ports of servers are published, too, while the agent listens there
     * @param told is told, before the agent starts, what is published
     */
    public record RunPorts(
            List<LocalService> services,
            List<PublishedPort> published,
            boolean areUsualPublished,
            Consumer<List<String>> told) {

        public static final RunPorts NONE = new RunPorts(List.of(), List.of(), false, _ -> {});

        public RunPorts {
            services = List.copyOf(services);
            published = List.copyOf(published);
            requireDistinct("--service", services.stream().map(LocalService::service));
            requireDistinct(
                    "--service` or `--publish",
                    Stream.concat(
                            services.stream().map(LocalService::port),
                            published.stream().map(PublishedPort::inside)));
            requireDistinct("--publish", published.stream().map(PublishedPort::outside));
        }

        private static void requireDistinct(String option, Stream<?> all) {
            Set<Object> seen = new HashSet<>();
            all.filter(one -> !seen.add(one)).findFirst().ifPresent(twice -> {
                throw new IllegalArgumentException("`" + option + "` is given twice for `" + twice + "`");
            });
        }

        /**
         * Those usual ports that are published, if nothing else is asked of them. With {@code strict} there are none.
         */
        List<PublishedPort> usual(ExecutedPaths sealed) {
            Set<Integer> taken = new HashSet<>();
            services.forEach(service -> taken.add(service.port()));
            published.forEach(port -> taken.addAll(List.of(port.inside(), port.outside())));
            return areUsualPublished && !sealed.areAllHeld()
                    ? PublishedPort.USUAL.stream()
                            .filter(port -> !taken.contains(port.inside()))
                            .toList()
                    : List.of();
        }
    }

    /**
     * An agent's home.
     *
     * @param kept outside, the home that it keeps from run to run, if it keeps one. The agent can write all of it, so
     *     nothing outside may trust it
     * @param files what a home that is not kept has at the start, relative to it
     */
    public record RunHome(Optional<Path> kept, Map<Path, Bytes> files) {

        /** A home that is empty at the start, and ends with the run. */
        public static final RunHome EMPTY = new RunHome(Optional.empty(), Map.of());

        public RunHome {
            files = Map.copyOf(files);
        }
    }

    /**
     * The restrictions on an agent within its workspace.
     *
     * @param writable files that it may write although they run by themselves later
     * @param covered is told, before the agent starts, of the service sockets that it will not reach; those of the
     *     workspace are relative to it
     */
    public record WorkspaceGuard(
            Masking masking, Set<Path> writable, ProcessLimits limits, Consumer<List<Path>> covered) {

        static final WorkspaceGuard USUAL = new WorkspaceGuard(Masking.NONE, Set.of(), ProcessLimits.USUAL, _ -> {});

        public WorkspaceGuard {
            writable = Set.copyOf(writable);
        }
    }

    /**
     * The result of a run.
     *
     * @param lost why its only way out was closed before it had ended, as the beginning of a sentence
     * @param findings the files it left in its workspace that run by themselves later
     */
    public record RunOutcome(
            int exit, Optional<String> lost, WorkspaceFindings findings, Optional<RunRecord> recorded) {}

    /**
     * A run's record.
     *
     * @param receipt the receipt of the record, if the ledger has its digest
     * @param troubles problems at the end, as sentences; they do not change how the agent ended
     * @param killed runs there that were killed before this one began, with the files they had left
     * @param gone files that no commit has and that are gone since it began, if the workspace was kept
     * @param published the ports at which people could open its servers
     */
    public record RunRecord(
            String lease,
            Instant started,
            Instant ended,
            Optional<String> receipt,
            List<String> troubles,
            List<UnfinishedRun.UnfinishedRunReport> killed,
            List<LostFiles> gone,
            List<String> published) {
        public RunRecord {
            troubles = List.copyOf(troubles);
            published = List.copyOf(published);
            killed = List.copyOf(killed);
            gone = List.copyOf(gone);
        }
    }

    /**
     * Runs {@code order} and returns its outcome. If this process is asked to end, the agent is asked first. The place
     * is closed in any case; see {@link PlaceProvider.PlaceRequest}.
     *
     * @throws SandboxException if the gateway opens no place, or the sandbox cannot be built; nothing ran then
     */
    public RunOutcome run(
            Optional<String> agent, String task, Set<String> environments, Set<String> impacts, int uid, RunOrder order)
            throws IOException, SandboxException, InterruptedException {
        return run(
                new PlaceProvider.PlaceRequest(
                        agent, task, environments, impacts, uid, order.ports().services()),
                order);
    }

    RunOutcome run(PlaceProvider.PlaceRequest errand, RunOrder order)
            throws IOException, SandboxException, InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        try {
            if (records.isEmpty()) {
                return opened(errand, order, over, WorkspaceState.NONE);
            }
            RunRecording kept = records.get();
            Path real = SandboxChecks.requireApartFromRecords(order.workspace(), kept.sessions(), confinement.homes());
            SandboxChecks.requireApartFromRecords(real, SnapshotStore.beside(kept.sessions()), confinement.homes());
            Path register = kept.sessions().resolveSibling("");
            Optional<LinkedRepository> linked = LinkedRepository.of(real);
            Optional<Path> repository = linked.map(LinkedRepository::common)
                    .or(() -> Optional.of(real.resolve(".git")).filter(Files::isDirectory));
            try (WorkspaceLock lock = recordable(kept, () -> WorkspaceLock.of(real, repository, register))) {
                // Before this run leaves anything that could be taken for theirs.
                List<UnfinishedRun.UnfinishedRunReport> killed = UnfinishedRun.killedIn(kept.sessions(), real);
                if (!killed.isEmpty()) {
                    kept.warned().accept(killed);
                }
                return opened(errand, order, over, new WorkspaceState(killed, linked, lock::isLastInRepository));
            }
        } finally {
            over.countDown(); // when all temporary files are removed: this process may be waiting to end
        }
    }

    /**
     * What is known of a workspace before its agent comes.
     *
     * @param killed runs there that were killed before this one
     * @param linked its repository, if it is a linked worktree
     */
    private record WorkspaceState(
            List<UnfinishedRun.UnfinishedRunReport> killed,
            Optional<LinkedRepository> linked,
            AgentGitConfig.LastInRepository last) {

        static final WorkspaceState NONE = new WorkspaceState(List.of(), Optional.empty(), () -> true);
    }

    /** A step without which the run would not be recorded. */
    @FunctionalInterface
    private interface RecordStep<T> {
        T take() throws IOException, SandboxException;
    }

    /** An agent that cannot be recorded does not start. */
    private static <T> T recordable(RunRecording kept, RecordStep<T> step) throws SandboxException {
        try {
            return step.take();
        } catch (IOException e) {
            throw new SandboxException(
                    "The session cannot be recorded in `" + kept.sessions() + "`: " + e.getMessage() + ".",
                    "Make that directory writable for you, or name another in $XDG_STATE_HOME.");
        }
    }

    private RunOutcome opened(
            PlaceProvider.PlaceRequest errand, RunOrder order, CountDownLatch over, WorkspaceState state)
            throws IOException, SandboxException, InterruptedException {
        try (PublishedPorts published = PublishedPorts.open(order.ports().published());
                LeaseKeeper tenancy = new LeaseKeeper(places, places.open(errand), clock);
                RunDirectory scratch = confinement.scratch();
                OverlayFiles lent = OverlayFiles.to(errand.uid(), scratch.directory());
                ServiceConnections services = ServiceConnections.open(
                        order.ports().services(), scratch.directory(), errand.uid(), places, tenancy.place())) {
            Map<String, Path> sockets = new TreeMap<>(services.sockets());
            sockets.putAll(published.createSockets(
                    scratch.directory(),
                    errand.uid(),
                    order.ports().usual(tenancy.place().executed())));
            order.ports().told().accept(published.announced());
            RunConnections connections = new RunConnections(services, published, sockets);
            if (records.isPresent()) {
                return recorded(
                        errand,
                        order,
                        tenancy,
                        new RunResources(scratch, lent, connections, over, state),
                        records.get());
            }
            PreparedSandbox furnished = furnished(
                    errand,
                    order,
                    order.covered(),
                    tenancy.place(),
                    lent,
                    connections,
                    Optional.empty(),
                    Optional.empty());
            RunningSandbox confined = confinement.in(scratch).startChecked(furnished.spec());
            onStart.accept(confined);
            return confined(
                    confined, tenancy, connections, over, (exit, lost) -> unrecorded(tenancy, furnished, exit, lost));
        }
    }

    private static RunOutcome unrecorded(
            LeaseKeeper tenancy, PreparedSandbox furnished, int exit, Optional<String> lost) throws IOException {
        tenancy.close();
        return new RunOutcome(exit, lost, furnished.findings(), Optional.empty());
    }

    /**
     * The connections of one run.
     *
     * @param sockets their sockets, by the names that these have inside
     */
    private record RunConnections(ServiceConnections services, PublishedPorts published, Map<String, Path> sockets) {
        void close() throws IOException {
            published.close();
            services.close();
        }
    }

    private record RunResources(
            RunDirectory scratch,
            OverlayFiles overlays,
            RunConnections connections,
            CountDownLatch released,
            WorkspaceState state) {}

    private RunOutcome recorded(
            PlaceProvider.PlaceRequest errand,
            RunOrder order,
            LeaseKeeper tenancy,
            RunResources means,
            RunRecording kept)
            throws IOException, SandboxException, InterruptedException {
        Instant started = clock.instant();
        Set<Path> covered = new HashSet<>(order.covered());
        covered.add(kept.sessions()); // a directory shown with --read may hold the records of others
        covered.add(SnapshotStore.beside(kept.sessions()));
        PlaceProvider.AgentPlace place = tenancy.place();
        SessionRecorder.TerminalSize size =
                order.interactive() ? Host.terminalSize() : SessionRecorder.TerminalSize.USUAL;
        try (SessionRecorder recording = recordable(
                        kept,
                        () -> SessionRecorder.begin(kept.sessions(), place.lease(), place.token(), started, size));
                AgentRepositories git = new AgentRepositories(
                        means.overlays(), errand.uid(), means.state().last())) {
            // Before anything is put into its repository.
            KeptWorkspace copy = KeptWorkspace.keep(kept.sessions(), order.workspace(), place.lease(), started);
            copy.unkept().ifPresent(kept.unkept());
            PreparedSandbox furnished = furnished(
                    errand,
                    order,
                    covered,
                    place,
                    means.overlays(),
                    means.connections(),
                    Optional.of(git),
                    means.state().linked());
            Json.Members about = about(errand, order, place).with("started", started.toString());
            WorkspaceSnapshot beginning = recordable(
                    kept, () -> WorkspaceSnapshot.of(kept.sessions(), about, furnished.scope(), furnished.before()));
            RunningSandbox confined = started(furnished, recording, beginning, means);
            return confined(confined, tenancy, means.connections(), means.released(), (exit, lost) -> {
                Instant ended = clock.instant();
                BackgroundTask<WorkspaceFindings> looking =
                        BackgroundTask.begin("look-at-leavings", furnished::findings);
                BackgroundTask<List<LostFiles>> missing = BackgroundTask.begin("look-for-losses", copy::lostFiles);
                List<String> troubles = new ArrayList<>();
                closed(tenancy).ifPresent(troubles::add); // before anything that takes time
                WorkspaceFindings left = looking.await().with(git.merge()); // which changes what was searched
                List<LostFiles> gone = found(missing, troubles);
                Json.Members whole = about.with("ended", ended.toString())
                        .with("exit", exit)
                        .withOptional("lost", lost)
                        .withTexts("published", means.connections().published().published())
                        .with("left", left.recorded().json());
                Optional<String> receipt = finish(recording, whole, place, troubles);
                RunRecord recorded = new RunRecord(
                        place.lease(),
                        started,
                        ended,
                        receipt,
                        troubles,
                        means.state().killed(),
                        gone,
                        means.connections().published().published());
                RunOutcome outcome = new RunOutcome(exit, lost, left, Optional.of(recorded));
                kept.onRecorded().accept(outcome);
                beginning.forget();
                means.state().killed().forEach(told -> told.run().forget());
                return outcome;
            });
        }
    }

    private static List<LostFiles> found(BackgroundTask<List<LostFiles>> missing, List<String> troubles)
            throws InterruptedException {
        try {
            return missing.await();
        } catch (IOException | RuntimeException e) {
            troubles.add("Whether files are gone that no commit has could not be seen (" + e.getMessage() + ").");
            return List.of();
        }
    }

    private RunningSandbox started(
            PreparedSandbox furnished, SessionRecorder recording, WorkspaceSnapshot beginning, RunResources means)
            throws IOException, SandboxException {
        try {
            return confinement.in(means.scratch()).startChecked(furnished.spec(), recording);
        } catch (IOException | SandboxException | RuntimeException e) {
            beginning.forget();
            throw e;
        }
    }

    private static Json.Members about(
            PlaceProvider.PlaceRequest errand, RunOrder order, PlaceProvider.AgentPlace place) {
        return Json.object()
                .with("lease", place.lease())
                .withOptional("agent", place.agent().or(errand::agent))
                .withOptional("log_key", place.log())
                .with("task", errand.task())
                .withTexts("command", order.command())
                .with("workspace", order.workspace().toString())
                .with("uid", errand.uid())
                .with("terminal", order.interactive());
    }

    private static Optional<String> closed(LeaseKeeper tenancy) {
        try {
            tenancy.close();
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of("The gateway could not be notified that the agent has ended (" + e.getMessage()
                    + "): its lease ends by itself.");
        }
    }

    /** Finishes the record. A failure here does not change how the agent ended. */
    private Optional<String> finish(
            SessionRecorder recording, Json.Members about, PlaceProvider.AgentPlace place, List<String> troubles) {
        String manifest;
        try {
            manifest = recording.finish(about);
        } catch (IOException | RuntimeException e) {
            troubles.add("The record could not be finished (" + e.getMessage() + ").");
            return Optional.empty();
        }
        try {
            return Optional.of(places.record(place, manifest));
        } catch (IOException | RuntimeException e) {
            troubles.add("The ledger does not have the record's digest, so the record is not proven (" + e.getMessage()
                    + ").");
            return Optional.empty();
        }
    }

    /**
     * A sandbox that is ready for its agent.
     *
     * @param before the files that ran by themselves before it came, searched when it {@code began}
     * @param repository the same of the repository of a linked worktree
     */
    private record PreparedSandbox(
            SandboxSpec spec,
            WorkspaceSnapshot.SnapshotScope scope,
            ExecutedFiles before,
            Optional<SearchedRepository> repository,
            Instant began) {

        /** Nothing inside writes any more, because everything has ended with the agent. */
        WorkspaceFindings findings() {
            try {
                WorkspaceFindings findings = scope.findings(before, began);
                return repository.isEmpty()
                        ? findings
                        : findings.and(
                                repository
                                        .get()
                                        .scope()
                                        .findings(repository.get().before(), began),
                                scope.workspace()
                                        .relativize(repository.get().scope().workspace()));
            } catch (IOException e) {
                return WorkspaceFindings.UNSEEN;
            }
        }
    }

    private record SearchedRepository(WorkspaceSnapshot.SnapshotScope scope, ExecutedFiles before) {

        static SearchedRepository of(WorkspaceSnapshot.SnapshotScope scope) throws IOException {
            return new SearchedRepository(scope, scope.executedFiles());
        }

        /** The other worktrees belong to others, who work there now; and nothing may lead git elsewhere. */
        Set<Path> held(LinkedRepository linked) {
            Path all = linked.own().resolveSibling("");
            Set<Path> held = new TreeSet<>(before.held());
            held.removeIf(path -> path.startsWith(all) && !path.startsWith(linked.own()));
            held.add(all);
            held.add(linked.own().resolve("gitdir"));
            return held;
        }
    }

    private PreparedSandbox furnished(
            PlaceProvider.PlaceRequest errand,
            RunOrder order,
            Set<Path> covered,
            PlaceProvider.AgentPlace place,
            OverlayFiles lent,
            RunConnections connections,
            Optional<AgentRepositories> git,
            Optional<LinkedRepository> linked)
            throws IOException, SandboxException, InterruptedException {
        SandboxSpec spec = SandboxChecks.checked(
                new SandboxSpec(
                        order.command(),
                        order.workspace(),
                        place.socket(),
                        place.token(),
                        place.trust(),
                        errand.uid(),
                        variables(order, place, connections.published()),
                        order.readable(),
                        order.hidden(),
                        covered,
                        order.interactive(),
                        OverlayMounts.NONE,
                        order.guard().limits()),
                confinement.homes());
        Optional<Path> common = linked.map(LinkedRepository::common);
        if (common.isPresent()) {
            SandboxChecks.requireRepository(spec, common.get(), confinement.homes());
        }
        if (order.home().kept().isPresent()) {
            SandboxChecks.requireOutsideKeptHome(spec, common);
        }
        Set<Path> writable = new HashSet<>();
        for (Path path : order.guard().writable()) {
            Path loosened = spec.workspace().resolve(path).normalize();
            if (!loosened.startsWith(spec.workspace())) {
                throw SandboxException.ofOrder(
                        "`" + path + "` is not in the workspace, so it cannot be made writable.",
                        "Name it relative to the workspace, as `--writable package.json`.");
            }
            writable.add(loosened);
        }
        if (git.isPresent() && !place.executed().areAllHeld()) {
            git.get().prepare(spec.workspace(), linked, writable); // before the search, which then finds what it makes
        }
        // Each searches all of the workspace.
        BackgroundTask<Masking.MaskedFiles> masked =
                BackgroundTask.begin("mask", () -> order.guard().masking().maskFiles(spec.workspace()));
        BackgroundTask<Masking.MaskedFiles> settings = BackgroundTask.begin(
                "mask-settings", () -> order.guard().masking().maskSettings(ToolchainSettings.directories()));
        BackgroundTask<Masking.MaskedFiles> configuration = BackgroundTask.begin(
                "mask-repository",
                () -> order.guard()
                        .masking()
                        .maskSettings(common.stream().toList())
                        .of(AgentGitConfig::isConfiguration));
        BackgroundTask<ServiceSockets> services =
                BackgroundTask.begin("look-for-services", () -> ServiceSockets.search(spec, common));
        WorkspaceSnapshot.SnapshotScope scope = new WorkspaceSnapshot.SnapshotScope(
                spec.workspace(), place.executed(), writable, spec.covered(), spec.uid());
        Instant began = clock.instant();
        ExecutedFiles before = scope.executedFiles();
        requireInside(spec.workspace(), before);
        Optional<SearchedRepository> repository = common.isEmpty()
                ? Optional.empty()
                : Optional.of(SearchedRepository.of(new WorkspaceSnapshot.SnapshotScope(
                        common.get(), place.executed(), Set.of(), spec.covered(), spec.uid())));
        if (repository.isPresent()) {
            requireInside(common.get(), repository.get().before());
        }
        Set<Path> shut = services.await().sockets();
        order.guard().covered().accept(ServiceSockets.shown(shut, spec.workspace()));
        Masking.MaskedFiles seen = masked.await().and(settings.await()).and(configuration.await());
        Set<Path> held = new TreeSet<>(before.held());
        repository.ifPresent(searched -> held.addAll(searched.held(linked.orElseThrow())));
        OverlayMounts furnishing = furnishing(spec, seen, place, held, lent, order.home())
                .with(shut)
                .withRepository(common)
                .withReached(connections.sockets());
        if (git.isPresent()) {
            furnishing = git.get().lend(furnishing, seen.copies());
        }
        return new PreparedSandbox(spec.with(furnishing), scope, before, repository, began);
    }

    private static Map<String, String> variables(
            RunOrder order, PlaceProvider.AgentPlace place, PublishedPorts published) {
        Map<String, String> variables = new TreeMap<>(order.variables());
        if (!place.databases().isEmpty()) {
            variables.put("INTERLOCK_DATABASES", String.join(" ", place.databases()));
        }
        // Relays are started by these, whatever the caller sets.
        String services =
                order.ports().services().stream().map(LocalService::toString).collect(Collectors.joining(" "));
        Map.of(ServiceConnections.VARIABLE, services, PublishedPorts.VARIABLE, published.written())
                .forEach((name, value) -> {
                    variables.remove(name);
                    if (!value.isEmpty()) {
                        variables.put(name, value);
                    }
                });
        return variables;
    }

    /**
     * An agent can replace a link inside. If its target is in the workspace, the target is held; elsewhere it cannot
     * be.
     */
    private static void requireInside(Path workspace, ExecutedFiles before) throws SandboxException {
        for (Path link : before.leadingOut()) {
            throw new SandboxException(
                    "`" + link + "`, whose files are executed automatically, is a link to `"
                            + ExecutedFiles.target(workspace.resolve(link))
                            + "`, which is not a directory inside the workspace and cannot be protected.",
                    "Replace it with a directory; or give `--writable " + link + "`, and check it afterwards.");
        }
    }

    private OverlayMounts furnishing(
            SandboxSpec spec,
            Masking.MaskedFiles masked,
            PlaceProvider.AgentPlace place,
            Set<Path> held,
            OverlayFiles lent,
            RunHome home)
            throws IOException {
        Map<Path, Bytes> copies = new TreeMap<>(masked.copies());
        copies.keySet().removeIf(path -> spec.covered().stream().anyMatch(path::startsWith));
        // The gateway must know the decoys before anybody could use one.
        places.registerDecoys(place, masked.decoys());
        OverlayMounts furnishing = new OverlayMounts(held, lent.writeAll(copies), lent.writeAll(place.planted()))
                .with(home.kept(), lent.writeAll(home.files()));
        lent.grantToAgent();
        return furnishing;
    }

    /** The work to do when the agent has ended, before this process may end. */
    @FunctionalInterface
    private interface FinalWork {
        RunOutcome of(int exit, Optional<String> lost) throws IOException, InterruptedException;
    }

    private static RunOutcome confined(
            RunningSandbox confined,
            LeaseKeeper tenancy,
            RunConnections connections,
            CountDownLatch over,
            FinalWork afterwards)
            throws IOException, InterruptedException {
        AtomicReference<Optional<String>> lost = new AtomicReference<>(Optional.empty());
        tenancy.whenLost(connections.services()::cut, why -> {
            lost.set(Optional.of(why));
            end(confined);
        });
        Thread ending = new Thread(() -> end(confined, tenancy, over), "end-agent");
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            connections.published().serve(confined);
            int exit = confined.exit();
            connections.close(); // before the session is recorded: then its run is over
            return afterwards.of(exit, lost.get());
        } finally {
            forget(ending);
        }
    }

    private static void end(RunningSandbox confined) {
        try {
            confined.end(DEFAULT_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the agent has ended, and the tenancy is being closed
        }
    }

    private static void end(RunningSandbox confined, LeaseKeeper tenancy, CountDownLatch over) {
        try {
            confined.end(DEFAULT_PATIENCE);
            if (!over.await(RECORDING.toSeconds(), TimeUnit.SECONDS)) {
                tenancy.close();
            }
        } catch (InterruptedException | IOException e) {
            confined.kill(); // the lease then ends by its expiry
        }
    }

    private static void forget(Thread ending) {
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // This process is ending already; the hook is what ended the agent.
        }
    }
}
