package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Impact;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.gate.Handler;
import dev.interlock.gate.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The life of a session after its greeting: reads what the client sends until it waits, has it judged, and passes it on
 * or answers itself. Every way to run something ends in {@link #judge}. Threading: the session's one thread.
 */
final class StatementPhase {

    /** One message, as a parameter may be long. */
    private static final int MAX_MESSAGE = Batch.MAX_BYTES;

    /** Whether the lease is over is asked again only then: each answer that it is leaves a receipt. */
    private static final Duration OVER = Duration.ofSeconds(10);

    private static final int MAX_CALLS = 8;
    private static final int MAX_STATEMENTS = 10_000;
    private static final int MAX_WRITTEN = 100;

    private final Wire client;
    private final ServerConnection server;
    private final ServerPump pump;
    private final SqlReader reader;
    private final MessageMemory.Share room;
    private final Handler gate;
    private final UpstreamSession upstream;
    private final OtherRole otherRole;
    private final Function<SqlCall, Attempt> attempts;
    private final BooleanSupplier mayRead;
    private final Catalogs catalogs;
    private final IdentityHashMap<ReadStatement, Written> written = new IdentityHashMap<>();
    /** What is prepared if the server has done all that was sent, and what was when it was ready last. */
    private PreparedStatements prepared = new PreparedStatements();

    private PreparedStatements settled = new PreparedStatements();

    /** Whether a part of a batch is at the server, which still expects its end. */
    private boolean isOpen;

    /** Whether the gateway has refused a part: the rest up to the end is not looked at, as a server does it. */
    private boolean isSkipping;

    private boolean isOver;
    private long askedAt;

    /** Whether the open transaction does more than read. */
    private boolean hasChanged;

    /** {@code mayRead} tells whether the lease may still read of the database at all. */
    StatementPhase(
            Wire client,
            ServerConnection server,
            ServerPump pump,
            SqlReader reader,
            MessageMemory.Share room,
            Handler gate,
            UpstreamSession upstream,
            OtherRole otherRole,
            Catalogs catalogs,
            Function<SqlCall, Attempt> attempts,
            BooleanSupplier mayRead) {
        this.client = client;
        this.server = server;
        this.pump = pump;
        this.reader = reader;
        this.room = room;
        this.gate = gate;
        this.upstream = upstream;
        this.otherRole = otherRole;
        this.attempts = attempts;
        this.mayRead = mayRead;
        this.catalogs = catalogs;
    }

    void run() throws IOException {
        Batch batch = newBatch();
        while (pump.turn() != ServerPump.Turn.OVER) {
            int type = client.type();
            if (type < 0 || type == 'X') {
                return;
            }
            int length = client.length(MAX_MESSAGE);
            if (!room.take(length)) {
                client.in().skipNBytes(length);
                batch = passOver(batch, (char) type);
                continue;
            }
            Message message = new Message((char) type, client.in().readNBytes(length));
            switch (message.type()) {
                case 'd',
                        'c',
                        'f' -> {} // rows of a copy that has ended with an error, which the client did not know yet
                case 'Q', 'P', 'B', 'D', 'E', 'C' -> {
                    batch = take(batch, message);
                }
                case 'H', 'S' -> {
                    end(batch, message);
                    batch = newBatch();
                }
                case 'F' -> {
                    refuse(Answers.error(
                            Answers.UNSUPPORTED,
                            "function calls of the protocol are not passed on",
                            "They name a function by number, and hold no statement that could be read.",
                            "Call the function by SELECT."));
                    client.send(Answers.ready(pump.status()));
                    isSkipping = false;
                }
                default -> throw new ProtocolException("a message of an unknown type");
            }
        }
    }

    /** Refuses a message for which there is no room. */
    private Batch passOver(Batch batch, char type) throws IOException {
        if (!isSkipping && "QPBDEC".indexOf(type) >= 0) {
            refuse(Answers.error(
                    "53200",
                    "the gateway has no room for so long a batch now",
                    "All sessions together hold at most " + (MessageMemory.MOST >> 20) + " MB that is not judged yet.",
                    "Try again, or send it in parts."));
        }
        if (type != 'Q') {
            return batch;
        }
        finish(false);
        return newBatch();
    }

    private Batch newBatch() {
        room.clear();
        if (!isOpen && pump.status() == 'I') {
            prepared.closeAll();
        }
        return new Batch(reader, prepared.copy());
    }

    private Batch take(Batch batch, Message message) throws IOException {
        boolean isQuery = message.type() == 'Q';
        if (isSkipping && !isQuery) {
            return batch;
        }
        try {
            batch.add(message);
        } catch (Batch.RejectedException e) {
            refuse(e.answer());
            if (!isQuery) {
                return batch;
            }
        }
        if (!isQuery) {
            boolean isAlone = !isOpen && pump.status() == 'I' && message.type() == 'E' && batch.begins();
            return isAlone ? begin(batch) : batch;
        }
        if (!isSkipping) {
            forward(batch);
        }
        finish(false);
        return newBatch();
    }

    /**
     * Has a transaction begun before what the driver has sent together with it: inside it, that can be counted. The
     * server is ready in between, which the client is not told.
     */
    private Batch begin(Batch batch) throws IOException {
        batch.messages().add(Message.of('S').build());
        pump.hideReady(true);
        forward(batch);
        if (isOpen) {
            settle(false);
            isSkipping |= !pump.failed().isEmpty();
        }
        pump.hideReady(false);
        return newBatch();
    }

    /** A flush or a sync: the client waits for the answers. */
    private void end(Batch batch, Message message) throws IOException {
        if (!isSkipping) {
            try {
                batch.add(message);
                forward(batch);
            } catch (Batch.RejectedException e) {
                refuse(e.answer());
            }
        }
        if (message.type() == 'S') {
            finish(true);
        } else if (isOpen) {
            while (pump.awaitParts() == ServerPump.Turn.COPY_IN) {
                copy(false);
            }
            isSkipping |= !pump.failed().isEmpty();
        }
    }

    private void refuse(Message error) throws IOException {
        client.send(error);
        isSkipping = true;
    }

    /**
     * Ends a batch: the server says that it is ready, or the gateway does if the server has none of it.
     *
     * @param isSynced whether it ends with a sync
     */
    private void finish(boolean isSynced) throws IOException {
        if (isSkipping) {
            isSkipping = false;
            if (isOpen) {
                server.wire().send(Message.of('S').build());
            } else {
                client.send(Answers.ready(pump.status()));
                return;
            }
        }
        settle(isSynced);
    }

    private void settle(boolean isSynced) throws IOException {
        while (pump.await() == ServerPump.Turn.COPY_IN) {
            copy(isSynced);
        }
        isOpen = false;
        if (!pump.failed().isEmpty()) {
            prepared = settled.or(prepared);
        }
        settled = prepared;
        upstream.ended(pump.turn() == ServerPump.Turn.CLIENT);
    }

    /**
     * Passes the rows of a copy on as they come. They are data, of a statement that was permitted.
     *
     * @param isSynced whether the server has passed over a sync, as it does in a copy: another one ends the batch
     */
    private void copy(boolean isSynced) throws IOException {
        boolean hasEnded = false;
        while (pump.turn() == ServerPump.Turn.COPY_IN || (isSynced && hasEnded)) {
            Message message = client.read(MAX_MESSAGE);
            switch (message.type()) {
                case 'd', 'H' -> server.wire().write(message);
                case 'S' -> {
                    server.wire().send(message);
                    if (hasEnded || !pump.failed().isEmpty()) {
                        pump.copied();
                        return;
                    }
                }
                case 'c', 'f' -> {
                    hasEnded = true;
                    pump.copied();
                    server.wire().send(message);
                }
                default -> throw new ProtocolException("a copy holds rows alone");
            }
        }
    }

    /** Sends the batch to the server if it may go. */
    private void forward(Batch batch) throws IOException {
        if (batch.statements().isEmpty()) { // it prepares, describes or closes: nothing runs
            if (batch.reads() && !mayStillRead()) {
                refuse(Answers.error(
                        Answers.DENIED,
                        "the lease of this session is over, or may read nothing here any more",
                        "To prepare or to describe reads the database's catalog.",
                        "Connect anew, with a lease that is in force."));
                return;
            }
            send(batch, List.of());
            prepared = batch.prepared();
            return;
        }
        Optional<Meaning> believed = believed(batch);
        if (believed.isPresent()) {
            judge(batch, believed.get());
            if (!isOpen || pump.holds()) {
                return;
            }
            catalogs.disbelieve();
            PreparedStatements before = settled;
            settle(true);
            settled = before; // the server has passed over all of it
            prepared = before;
        }
        Meaning meaning;
        try {
            meaning = meaning(batch);
        } catch (Batch.RejectedException e) {
            refuse(e.answer());
            return;
        }
        judge(batch, meaning);
    }

    private boolean mayStillRead() {
        long now = System.nanoTime();
        if (!isOver || now - askedAt > OVER.toNanos()) {
            isOver = !mayRead.getAsBoolean();
            askedAt = now;
        }
        return !isOver;
    }

    /** What one statement without any of functions does, for as long as the server says the same as {@code facts}. */
    private record Written(ServerFacts facts, Set<String> texts, boolean isOlder, List<Action> actions) {}

    /** @param guard sent ahead: the server runs nothing of the batch if it fails */
    private record Meaning(
            List<Action> actions,
            Optional<Measurement> measurement,
            Set<ReadStatement> statements,
            List<Message> guard) {}

    private void judge(Batch batch, Meaning meaning) throws IOException {
        hasChanged &= isOpen || pump.status() != 'I';
        SqlCall call = new SqlCall(
                ServerConnection.authority(server.address()),
                ServerConnection.database(server.address()),
                batch.texts(),
                batch.values(),
                meaning.actions(),
                hasChanged
                        && meaning.statements().stream()
                                .anyMatch(each -> each.kind().equals("COMMIT")));
        upstream.next(
                () -> send(batch, meaning.guard()),
                meaning.guard().isEmpty() // it is checked in the client's session alone
                                && !isOpen
                                && OtherRole.fits(batch, meaning.statements(), meaning.actions(), pump)
                        ? Optional.of(credential -> {
                            written.clear(); // so that it is asked about again
                            pump.replay(otherRole.run(credential, batch, pump));
                        })
                        : Optional.empty(),
                meaning.measurement());
        Outcome<UpstreamSession.Sent> outcome = gate.handle(attempts.apply(call), upstream);
        Optional<Measurement> tried = meaning.measurement().filter(Measurement::hasRun);
        if (tried.isPresent() && !(outcome instanceof Outcome.Forwarded)) {
            tried.get().rollBack();
            batch.parsed().forEach(name -> prepared.forget(Optional.of(name)));
        }
        switch (outcome) {
            case Outcome.Forwarded<UpstreamSession.Sent> forwarded -> {
                hasChanged |= !meaning.actions().stream().allMatch(Action::isPureRead);
                prepared = batch.prepared();
                if (catalogs.note(meaning.statements(), meaning.actions())) {
                    prepared.define();
                }
                upstream.closing(forwarded.flight());
            }
            case Outcome.Held<UpstreamSession.Sent> held ->
                refuse(Answers.held(held.refusal(), held.hold(), upstream.consequences(), batch.hasWhere()));
            case Outcome.Refused<UpstreamSession.Sent> refused -> {
                written.clear(); // it may need another role by now
                refuse(Answers.refused(refused.refusal()));
            }
            case Outcome.DryRunOutcome<UpstreamSession.Sent> _ -> throw new IllegalStateException("nobody asked");
        }
    }

    private void send(Batch batch, List<Message> guard) throws IOException {
        if (guard.isEmpty()) {
            pump.begin(batch.messages());
        } else {
            pump.beginGuarded(batch.messages());
        }
        isOpen = true;
        for (Message message : guard) {
            server.wire().write(message);
        }
        for (Message message : batch.messages()) {
            server.wire().write(message);
        }
        server.wire().flush();
    }

    /**
     * Returns what {@code batch} means if its one statement was read before and only reads, and the server can be had
     * to run it only if it says the same as then: that takes one answer of the server instead of two.
     */
    private Optional<Meaning> believed(Batch batch) {
        ReadStatement only = batch.statements().keySet().iterator().next();
        boolean mayBe =
                !isOpen && batch.isSingle() && !batch.isSimple() && only.kind().equals("SELECT");
        return (mayBe ? written(batch, only) : Optional.<Written>empty())
                .filter(before -> before.actions().stream().allMatch(Action::isPureRead))
                .flatMap(before -> catalogs.believed(only)
                        .filter(facts ->
                                !facts.keepsSnapshot() && before.facts().agrees(facts))
                        .map(facts -> new Meaning(
                                before.actions(), Optional.empty(), Set.of(only), CatalogQuery.guard(facts.epoch()))));
    }

    private Optional<Written> written(Batch batch, ReadStatement statement) {
        return Optional.ofNullable(written.get(statement))
                .filter(before -> before.isOlder() == batch.older().contains(statement)
                        && before.texts().equals(batch.statements().get(statement)));
    }

    private Meaning meaning(Batch batch) throws IOException, Batch.RejectedException {
        if (!server.isUtf8() && !batch.isPlain()) {
            throw Batch.rejected(
                    Answers.UNSUPPORTED,
                    "the database is not in UTF-8: texts are read in ASCII there, and without backslashes",
                    "Bind other letters as values.");
        }
        Map<ReadStatement, Set<String>> statements = new LinkedHashMap<>(batch.statements());
        boolean hasNames = statements.keySet().stream().anyMatch(ReadStatement::hasNames);
        ServerFacts asked = hasNames ? ask(batch) : ServerFacts.NONE;
        ReadStatement first = statements.keySet().iterator().next();
        Optional<Written> before = (statements.size() == 1 ? written(batch, first) : Optional.<Written>empty())
                .filter(known -> known.facts().agrees(asked));
        if (before.isPresent()) {
            return meaning(batch, asked, statements.keySet(), before.get().actions());
        }
        Set<ReadStatement> bodies = new LinkedHashSet<>();
        ServerFacts facts = hasNames ? follow(asked, statements, bodies) : asked;
        if (facts.relations().values().stream()
                .flatMap(List::stream)
                .anyMatch(each -> Quarantine.holds(each.schema()))) {
            throw Batch.rejected(
                    Answers.DENIED,
                    "the table is in quarantine",
                    "`interlock undo R-…` brings it back; pg_dump takes --exclude-schema=interlock_quarantine*.");
        }
        List<Action> actions = actions(batch, facts, statements, bodies);
        if (statements.size() == 1) {
            if (written.size() >= MAX_WRITTEN) {
                written.clear();
            }
            Set<String> texts = Set.copyOf(batch.statements().get(first));
            written.put(first, new Written(facts, texts, batch.older().contains(first), actions));
        }
        return meaning(batch, facts, statements.keySet(), actions);
    }

    /** Asks what the names in {@code batch} stand for. */
    private ServerFacts ask(Batch batch) throws IOException, Batch.RejectedException {
        if (pump.status() == 'E') {
            throw Batch.rejected(
                    "25P02", "current transaction is aborted, commands ignored until end of transaction block", "");
        }
        Set<ReadStatement> statements = batch.statements().keySet();
        ServerFacts facts = catalogs.ask(statements, false, isOpen);
        Optional<ReadStatement.Name> missing =
                batch.isSingle() ? facts.missing(statements.iterator().next()) : Optional.empty();
        if (missing.isPresent()) { // nobody could place it, so that it would count as most protected
            throw Batch.rejected(
                    "42P01",
                    "relation \"" + String.join(".", missing.get().parts()) + "\" does not exist",
                    "Nothing was done.");
        }
        return facts;
    }

    private List<Action> actions(
            Batch batch, ServerFacts facts, Map<ReadStatement, Set<String>> statements, Set<ReadStatement> bodies) {
        ActionWriter writer = new ActionWriter(ServerConnection.database(server.address()), facts, reader);
        Set<Action> all = new LinkedHashSet<>();
        Set<Action> aside = new LinkedHashSet<>();
        for (Map.Entry<ReadStatement, Set<String>> each : statements.entrySet()) {
            ReadStatement statement = each.getKey();
            List<Action> does = writer.write(
                    statement,
                    each.getValue(),
                    bodies.contains(statement),
                    batch.older().contains(statement));
            boolean isAside = !statement.hasNames()
                    && does.stream().allMatch(action -> action.impacts().equals(Set.of(Impact.READ)));
            (isAside ? aside : all).addAll(does);
        }
        // BEGIN beside a DELETE is no read of its own, for which a credential that only deletes would be too little.
        return List.copyOf(all.isEmpty() ? aside : all);
    }

    private Meaning meaning(Batch batch, ServerFacts facts, Set<ReadStatement> statements, List<Action> actions) {
        return new Meaning(
                actions,
                isOpen || actions.stream().allMatch(Action::isPureRead)
                        ? Optional.empty()
                        : Measurement.of(pump, batch, facts, statements, actions),
                statements,
                List.of());
    }

    /**
     * Adds the bodies of the functions that {@code statements} call, and of those that these call, with the texts that
     * call them, also to {@code bodies}, and returns what all names stand for.
     *
     * @param first what those of the statements stand for
     */
    private ServerFacts follow(ServerFacts first, Map<ReadStatement, Set<String>> statements, Set<ReadStatement> bodies)
            throws IOException, Batch.RejectedException {
        ServerFacts facts = first;
        Set<String> texts = new LinkedHashSet<>();
        statements.values().forEach(texts::addAll);
        Set<ReadStatement> asked = new LinkedHashSet<>(statements.keySet());
        for (int round = 0; !asked.isEmpty(); round++) {
            if (round > MAX_CALLS || statements.size() > MAX_STATEMENTS) {
                throw Batch.rejected(
                        Answers.UNSUPPORTED,
                        "it calls functions that call functions, deeper than Interlock follows",
                        "");
            }
            facts = round == 0 ? first : facts.and(catalogs.ask(asked, true, isOpen));
            asked.clear();
            ServerFacts known = facts;
            statements.keySet().stream()
                    .flatMap(each -> known.run(each).stream())
                    .flatMap(routine -> Routines.body(routine, reader).stream())
                    .flatMap(List::stream)
                    .filter(bodies::add)
                    .forEach(asked::add);
            asked.forEach(statement -> statements.putIfAbsent(statement, texts));
        }
        return facts;
    }
}
