package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.UndoRules;
import dev.interlock.front.postgres.Consequences.Change;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.gate.NotSentException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One run of a batch in a transaction that the gateway ends, or inside the client's own under a savepoint. The server
 * counts what changes. The answer is kept back until {@link #keep}; without it nothing has happened.
 *
 * <p>Threading: the session's thread.
 */
final class Measurement {

    private static final Set<String> KINDS = Set.of("DELETE", "UPDATE", "INSERT", "MERGE", "SELECT", "RETURN");

    /** These do not run to be counted: it would lock out everybody, and the server counts none of the rows. */
    private static final Set<String> EMPTYING = Set.of(ActionWriter.TRUNCATE, ActionWriter.DROP);

    /** How many tables are counted before they are emptied. */
    static final int MAX_TABLES = 100;

    private static final Pattern PLAIN = Pattern.compile("\\w+");

    private static final String BEGIN = "BEGIN";
    private static final String COMMIT = "COMMIT";
    private static final String ROLLBACK = "ROLLBACK";
    private static final String SAVEPOINT = "SAVEPOINT interlock";
    private static final String RELEASE = "RELEASE SAVEPOINT interlock";
    private static final String BACK = "ROLLBACK TO SAVEPOINT interlock";

    /** Fails instead of leaving out rows that the role may not see: it may empty the table all the same. */
    private static final String UNFILTERED = "SET LOCAL row_security = off";

    private static final String FILTERED = "SELECT 'row_security', pg_catalog.current_setting('row_security'), ''";

    /**
     * Says {@code on} if what is seen is what is there: a truncation takes also what an older snapshot does not show.
     */
    private static final String FRESH = """
            CASE WHEN pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed'
                THEN 'on' ELSE 'off' END""";

    private static final List<String> NUMBERS = List.of("delete", "update", "insert");

    private final ServerPump pump;
    private final Batch batch;
    private final ServerFacts facts;
    private final Set<ReadStatement> statements;

    private final boolean isInside;

    private boolean hasRun;
    private boolean isOpen;
    private List<Message> answer = List.of();
    private Optional<RowImages> images = Optional.empty();
    private Optional<Quarantine> quarantine = Optional.empty();
    private String taking = "";
    private final Map<String, String> settings = new LinkedHashMap<>();

    private Measurement(
            ServerPump pump, Batch batch, ServerFacts facts, Set<ReadStatement> statements, boolean isInside) {
        this.pump = pump;
        this.batch = batch;
        this.facts = facts;
        this.statements = Set.copyOf(statements);
        this.isInside = isInside;
    }

    /**
     * Returns how to measure {@code batch}; empty if that is not possible without leaving something behind.
     *
     * @param statements those of the batch, and all that they run
     */
    static Optional<Measurement> of(
            ServerPump pump, Batch batch, ServerFacts facts, Set<ReadStatement> statements, List<Action> actions) {
        boolean isUndone = actions.stream().allMatch(action -> ActionWriter.UNDONE.containsAll(action.impacts()))
                && statements.stream().allMatch(statement -> isUndone(statement, facts));
        return isUndone && batch.isWhole() && (pump.status() == 'I' || pump.status() == 'T')
                ? Optional.of(new Measurement(pump, batch, facts, statements, pump.status() == 'T'))
                : Optional.empty();
    }

    private static boolean isUndone(ReadStatement statement, ServerFacts facts) {
        return (KINDS.contains(statement.kind()) || EMPTYING.contains(statement.kind()))
                && statement.session() instanceof ReadStatement.Session.Nothing
                && statement.functions().stream().noneMatch(name -> Routines.outlastsRollback(name.last()))
                && statement.changed().stream()
                        .allMatch(name -> facts.relation(name.quoted())
                                .filter(found -> found.stream().noneMatch(ActionWriter::isSystem))
                                .isPresent());
    }

    /** Returns whether what it did can still be kept. */
    boolean isOpen() {
        return isOpen;
    }

    /**
     * Returns whether it was tried: then the server has none of the names that the batch prepares, unless it is kept.
     */
    boolean hasRun() {
        return hasRun;
    }

    /** Returns what it changes, if that is certain and can be put back. */
    Optional<Bytes> state() {
        return images.map(RowImages::bytes).or(() -> quarantine.map(Quarantine::bytes));
    }

    /** Returns {@code actions} with what they would change, and where that is kept if it is moved. */
    List<Action> told(Consequences counted, List<Action> actions) {
        List<Action> told = counted.of(actions);
        return quarantine.map(moved -> moved.told(told)).orElse(told);
    }

    /**
     * Runs the batch; empty if it fails or cannot be counted, and then nothing is left of it.
     *
     * @param rules what may be kept; empty if nothing is
     */
    Optional<Consequences> run(Optional<UndoRules> rules) throws IOException {
        hasRun = true;
        int most = rules.map(UndoRules::maxBytes).orElse(0);
        ServerPump.Asked before =
                pump.ask(CatalogQuery.asking(isInside ? SAVEPOINT : BEGIN, CatalogQuery.LIMITS, CatalogQuery.COUNTS));
        isOpen = isInside || before.status() != 'I';
        if (before.hasFailed()) {
            return undone();
        }
        remember(before.rows());
        if (statements.stream().anyMatch(each -> EMPTYING.contains(each.kind()))) {
            return emptied(rules);
        }
        Optional<ImageCapture> capture = most > 0 ? ImageCapture.begin(pump, reached()) : Optional.empty();
        List<ServerPump.Asked> both = pump.askAll(List.of(batch.messages(), CatalogQuery.asking(CatalogQuery.COUNTS)));
        ServerPump.Asked after = both.getLast();
        Optional<Consequences> counted = counted(before, both.getFirst(), after);
        if (counted.isPresent() && capture.isPresent()) {
            boolean takesBack = statements.stream()
                    .flatMap(statement -> facts.run(statement).stream())
                    .anyMatch(Routines::takesBack);
            images = capture.get().images(changes(counts(before.rows()), counts(after.rows())), takesBack, most);
        }
        return counted.isPresent() ? counted : undone();
    }

    private Optional<Consequences> counted(ServerPump.Asked before, ServerPump.Asked ran, ServerPump.Asked after)
            throws IOException {
        if (ran.hasFailed() || ran.status() != 'T' || after.hasFailed()) {
            return Optional.empty();
        }
        answer = ran.messages();
        return difference(counts(before.rows()), after.rows());
    }

    /** Notes settings that are changed here, so that the client's transaction gets them back. */
    private void remember(List<List<String>> rows) {
        rows.stream().filter(row -> row.size() == 3).forEach(row -> settings.put(row.get(0), row.get(1)));
    }

    private Set<ServerFacts.Relation> reached() {
        return statements.stream()
                .flatMap(statement -> statement.changed().stream())
                .flatMap(name -> facts.relation(name.quoted()).orElse(List.of()).stream())
                .collect(Collectors.toSet());
    }

    /** Returns how many rows of each table were deleted, updated and inserted; without those of which none was. */
    static Map<List<String>, List<Long>> changes(
            Map<List<String>, List<String>> before, Map<List<String>, List<String>> after) {
        Map<List<String>, List<Long>> changes = new LinkedHashMap<>();
        after.forEach((table, now) -> {
            List<String> then = before.getOrDefault(table, List.of("0", "0", "0"));
            List<Long> rows = new ArrayList<>();
            for (int i = 0; i < NUMBERS.size(); i++) {
                rows.add(Long.parseLong(now.get(i)) - Long.parseLong(then.get(i)));
            }
            if (rows.stream().anyMatch(each -> each != 0)) {
                changes.put(table, rows);
            }
        });
        return changes;
    }

    /** Counts what would be lost, and leaves the transaction open if that can be moved instead. */
    private Optional<Consequences> emptied(Optional<UndoRules> rules) throws IOException {
        ServerPump.Asked counted = lost();
        Optional<Consequences> all = counted.hasFailed() ? Optional.empty() : difference(Map.of(), counted.rows());
        if (all.isPresent() && rules.isPresent()) {
            remember(counted.rows());
            List<Quarantine.Moved> tables = movable(counts(counted.rows()));
            quarantine = tables.isEmpty()
                    ? Optional.empty()
                    : Quarantine.find(pump, kind().equals(ActionWriter.TRUNCATE), tables)
                            .filter(found ->
                                    found.bytes().length() <= rules.get().maxBytes());
            taking = quarantine.map(found -> found.taking(rules.get())).orElse("");
        }
        if (quarantine.isEmpty()) {
            rollBack();
        }
        return all;
    }

    private String kind() {
        return statements.iterator().next().kind();
    }

    /**
     * Returns the tables that the one statement names; none if it is not one, names others too, or numbers that begin
     * anew would have to come back.
     */
    private List<Quarantine.Moved> movable(Map<List<String>, List<String>> counts) {
        boolean restarts = batch.texts().getFirst().toLowerCase(Locale.ROOT).contains("restart");
        if (!batch.isSingle() || statements.size() != 1 || restarts) {
            return List.of();
        }
        List<Quarantine.Moved> tables = new ArrayList<>();
        for (ReadStatement.Name name : statements.iterator().next().changed()) {
            for (ServerFacts.Relation table : facts.relation(name.quoted()).orElse(List.of())) {
                List<String> rows = counts.get(List.of(table.schema(), table.name()));
                if (table.how().equals("named")) {
                    if (table.kind() != 'r' || rows == null) {
                        return List.of();
                    }
                    tables.add(new Quarantine.Moved(table.schema(), table.name(), Long.parseLong(rows.getFirst())));
                }
            }
        }
        return tables.stream()
                .distinct()
                .sorted(Comparator.comparing(Quarantine.Moved::quoted))
                .toList();
    }

    private ServerPump.Asked lost() throws IOException {
        Set<String> counts = new TreeSet<>();
        for (ReadStatement statement : statements) {
            boolean truncates = statement.kind().equals(ActionWriter.TRUNCATE);
            for (ReadStatement.Name name : statement.changed()) {
                for (ServerFacts.Relation table : facts.relation(name.quoted()).orElse(List.of())) {
                    boolean isReached = ActionWriter.isReached(table, truncates, truncates);
                    if (Set.of('r', 'p').contains(table.kind()) && isReached) {
                        counts.add("SELECT 'counts', " + quoted(table.schema()) + ", " + quoted(table.name())
                                + ", (SELECT pg_catalog.count(*) FROM ONLY "
                                + new ReadStatement.Name(List.of(table.schema(), table.name())).quoted()
                                + ")::pg_catalog.text, '0', '0', " + FRESH);
                    }
                }
            }
        }
        boolean isAlone = statements.stream().allMatch(each -> EMPTYING.contains(each.kind())); // no trigger runs
        if (!isAlone || counts.isEmpty() || counts.size() > MAX_TABLES) {
            return new ServerPump.Asked(List.of(), true);
        }
        return pump.ask(CatalogQuery.asking(FILTERED, UNFILTERED, String.join(" UNION ALL ", counts)));
    }

    static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private Optional<Consequences> undone() throws IOException {
        rollBack();
        return Optional.empty();
    }

    static Map<List<String>, List<String>> counts(List<List<String>> rows) {
        Map<List<String>, List<String>> counts = new LinkedHashMap<>();
        rows.stream()
                .filter(row -> row.getFirst().equals("counts"))
                .forEach(row -> counts.put(row.subList(1, 3), row.subList(3, 6)));
        return counts;
    }

    /** Empty if the server counts nothing, counts less than it says itself, or counts where nothing was expected. */
    private Optional<Consequences> difference(Map<List<String>, List<String>> before, List<List<String>> after) {
        boolean isCounting = after.stream().anyMatch(row -> row.getLast().equals("on"));
        List<Change> changes = new ArrayList<>();
        for (Map.Entry<List<String>, List<Long>> now :
                changes(before, counts(after)).entrySet()) {
            for (int i = 0; i < NUMBERS.size(); i++) {
                long rows = now.getValue().get(i);
                if (rows == 0) {
                    continue;
                }
                Optional<String> how = how(now.getKey().get(0), now.getKey().get(1));
                if (how.isEmpty() || rows < 0) {
                    return Optional.empty();
                }
                changes.add(new Change(NUMBERS.get(i), name(now.getKey()), how.get(), rows));
            }
        }
        // People sign the numbers in this order: it must not differ from one run to the next.
        changes.sort(
                Comparator.comparing(Change::how).thenComparing(Change::kind).thenComparing(Change::table));
        Consequences all = new Consequences(changes);
        return isCounting && all.rows() >= said() ? Optional.of(all) : Optional.empty();
    }

    static String name(List<String> schemaAndTable) {
        String schema = schemaAndTable.getFirst().replaceFirst("^(pg_temp)_[0-9]+$", "$1"); // of any session
        List<String> named =
                schema.equals("public") ? schemaAndTable.subList(1, 2) : List.of(schema, schemaAndTable.get(1));
        return named.stream().allMatch(part -> PLAIN.matcher(part).matches())
                ? String.join(".", named)
                : new ReadStatement.Name(named).quoted();
    }

    /** Returns how the statements reach a table; empty if they do not. */
    private Optional<String> how(String schema, String table) {
        Optional<String> best = Optional.empty();
        for (ReadStatement statement : statements) {
            boolean isOwn = batch.statements().containsKey(statement);
            for (ReadStatement.Name name : statement.changed()) {
                for (ServerFacts.Relation relation :
                        facts.relation(name.quoted()).orElse(List.of())) {
                    if (!relation.schema().equals(schema) || !relation.name().equals(table)) {
                        continue;
                    }
                    boolean isBehind = Set.of("cascade", "reference").contains(relation.how());
                    String how = !isOwn ? inCode() : isBehind ? "cascade" : "";
                    if (best.isEmpty() || how.compareTo(best.get()) < 0) {
                        best = Optional.of(how); // by its own name before a cascade, and that before a trigger
                    }
                }
            }
        }
        return best;
    }

    private String inCode() {
        return batch.statements().keySet().stream()
                        .allMatch(each -> each.changed().isEmpty())
                ? "function"
                : "trigger";
    }

    private long said() {
        long rows = 0;
        for (Message message : answer) {
            String tag = message.type() == 'C' ? ServerPump.tag(message) : "";
            if (!tag.startsWith("SELECT") && tag.matches("[A-Z]+ (0 )?[0-9]{1,18}")) {
                rows += Long.parseLong(tag.substring(tag.lastIndexOf(' ') + 1));
            }
        }
        return rows;
    }

    /** Ends it so that what it did stays, and gives the client the answer. */
    void keep() throws IOException {
        if (pump.turn() == ServerPump.Turn.OVER) {
            throw new NotSentException("the connection to the database ended before the transaction was committed");
        }
        if (quarantine.isPresent()) {
            move();
        }
        List<String> commands = new ArrayList<>();
        if (isInside) {
            settings.forEach((name, value) ->
                    commands.add("SELECT pg_catalog.set_config('" + name + "', " + quoted(value) + ", true)"));
        }
        commands.add(isInside ? RELEASE : COMMIT);
        isOpen = false;
        ServerPump.Asked ended = pump.ask(CatalogQuery.asking(commands.toArray(String[]::new)));
        List<Message> kept = new ArrayList<>(answer.subList(0, answer.size() - 1));
        Optional<Message> error = ended.messages().stream()
                .filter(message -> message.type() == 'E')
                .findFirst();
        if (error.isPresent()) {
            if (batch.isSimple()) { // there the server says that it is done only after it has committed
                kept.removeLast();
            }
            kept.add(error.get());
            if (!isInside && ended.status() != 'I') { // the client never began this transaction
                ended = pump.ask(CatalogQuery.asking(ROLLBACK));
            }
        } else if (!isInside && ended.messages().stream().noneMatch(Measurement::isCommit)) {
            throw new IOException("the server has not committed");
        }
        kept.add(Answers.ready(ended.status()));
        pump.replay(kept);
    }

    /** Moves what was counted, and answers the client as if it were gone: it has prepared the statement, not run it. */
    private void move() throws IOException {
        ServerPump.Asked taken = pump.ask(CatalogQuery.asking(taking));
        if (taken.hasFailed()) {
            rollBack();
            throw Quarantine.notTaken(taken);
        }
        Message done = Message.of('C')
                .text(kind().equals(ActionWriter.TRUNCATE) ? "TRUNCATE TABLE" : ActionWriter.DROP)
                .build();
        if (batch.isSimple()) {
            answer = List.of(done, Answers.ready('T'));
            return;
        }
        List<Message> all = batch.messages();
        int runs = all.stream().map(Message::type).toList().indexOf('E');
        List<Message> before = new ArrayList<>(all.subList(0, runs));
        before.add(Message.of('S').build());
        answer = new ArrayList<>(pump.ask(before).messages());
        answer.set(answer.size() - 1, done);
        answer.addAll(pump.ask(all.subList(runs + 1, all.size())).messages());
    }

    private static boolean isCommit(Message message) {
        return message.type() == 'C' && ServerPump.tag(message).equals(COMMIT);
    }

    /** Ends it so that nothing of it stays, also no name that it has prepared. Does nothing if it has ended. */
    void rollBack() throws IOException {
        if (!isOpen) {
            return;
        }
        isOpen = false;
        List<Message> question =
                new ArrayList<>(isInside ? CatalogQuery.asking(BACK, RELEASE) : CatalogQuery.asking(ROLLBACK));
        List<Message> closes = batch.parsed().stream()
                .map(name -> Message.of('C').int8('S').text(name).build())
                .toList();
        question.addAll(question.size() - 1, closes);
        if (pump.ask(question).hasFailed()) {
            throw new IOException("the server does not roll back");
        }
    }
}
