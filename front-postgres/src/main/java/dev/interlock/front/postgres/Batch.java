package dev.interlock.front.postgres;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.PreparedStatements.Prepared;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.ReadStatement.Session;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.front.postgres.sql.SqlReading;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The messages that a client sends before it waits for an answer, and what they would run. They are judged together and
 * forwarded together, as they came, or not at all.
 */
final class Batch {

    /** What one batch may take of memory. */
    static final int MAX_BYTES = 16 << 20;

    private static final int MAX_TEXTS = 10_000;
    private static final int MAX_DEPTH = 2;

    /** Bound values that a session keeps for a portal that runs in parts. */
    private static final int MAX_KEPT_VALUES = 1 << 18;

    /** These run to their end, however many rows of the answer the client takes at a time. */
    private static final Set<String> UNLIMITED = Set.of("INSERT", "UPDATE", "DELETE", "MERGE", "BEGIN", "START");

    /** The server finds their names when they are bound; those of others, when they run. */
    private static final Set<String> PLANNED = Set.of("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE");

    /** Letters beyond ASCII, and what may stand for them. */
    private static final Pattern OTHER_LETTERS = Pattern.compile("[^\\x00-\\x7f]|\\\\|[uU]&");

    /** Stands for all cursors that outlive their transaction. */
    private static final String HELD = "\0";

    /** The server's own objects have smaller numbers. */
    private static final int FIRST_OWN = 16384;

    /** The gateway answers this instead of forwarding. */
    static final class RejectedException extends Exception {

        private static final long serialVersionUID = 1;

        private final transient Message answer;

        RejectedException(Message answer) {
            super("rejected", null, false, false);
            this.answer = answer;
        }

        Message answer() {
            return answer;
        }
    }

    private final SqlReader reader;
    private final PreparedStatements prepared;
    private final List<Message> messages = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private final List<Json> values = new ArrayList<>();
    private final Map<ReadStatement, Set<String>> statements = new LinkedHashMap<>();
    /** Those that were prepared before: the server keeps what their names stood for. */
    private final Set<ReadStatement> older = new LinkedHashSet<>();

    private final Set<String> parsed = new LinkedHashSet<>();
    private int bytes;
    private int runs;
    private @Nullable String portal;
    /** Those that it binds, which are judged with it. */
    private final Set<String> boundHere = new LinkedHashSet<>();

    private final List<PreparedStatements.PortalStatement> running = new ArrayList<>();
    /** One if what was bound runs once and to its end, and nothing else does. */
    private int executions;

    private int count;
    private boolean endsScope;
    private boolean redefines;
    private int depth;

    /** @param prepared a copy, which replaces the session's once the batch has been forwarded */
    Batch(SqlReader reader, PreparedStatements prepared) {
        this.reader = reader;
        this.prepared = prepared;
    }

    List<Message> messages() {
        return messages;
    }

    PreparedStatements prepared() {
        return prepared;
    }

    /** Returns the names of the protocol that it prepares. */
    Set<String> parsed() {
        return parsed;
    }

    boolean isSimple() {
        return messages.getFirst().type() == 'Q';
    }

    /** Returns whether the server reads its catalog for it, even if nothing runs. */
    boolean reads() {
        return messages.stream().anyMatch(message -> "PBD".indexOf(message.type()) >= 0);
    }

    /** Returns whether it is one text that runs once, to its end, and ends with all that it does. */
    boolean isWhole() {
        return runs == 1
                && texts.size() == 1
                && (isSimple() || (executions == 1 && messages.getLast().type() == 'S'));
    }

    /** Returns whether it runs one statement alone. */
    boolean isSingle() {
        return isWhole() && count == 1;
    }

    /** Returns whether all that it runs is to begin a transaction. */
    boolean begins() {
        return runs == 1
                && executions == 1
                && statements.size() == 1
                && Set.of("BEGIN", "START")
                        .contains(statements.keySet().iterator().next().kind());
    }

    /** Returns whether a server that folds and cuts names in another encoding than UTF-8 reads the same in it. */
    boolean isPlain() {
        return texts.stream().noneMatch(text -> OTHER_LETTERS.matcher(text).find());
    }

    /** Returns what would run, each with the texts that hold it. */
    Map<ReadStatement, Set<String>> statements() {
        return statements;
    }

    /** Returns those whose names may have stood for something else when they were prepared. */
    Set<ReadStatement> older() {
        return older;
    }

    boolean hasWhere() {
        return statements.keySet().stream().allMatch(ReadStatement::hasWhere);
    }

    List<String> texts() {
        return texts;
    }

    /** Returns the values that are bound, in order; nothing if none are. */
    Bytes values() {
        return values.isEmpty() ? Bytes.empty() : Bytes.of(new Json.Array(values).canonical());
    }

    void add(Message message) throws RejectedException, ProtocolException {
        bytes += message.payload().length + 64;
        if (bytes > MAX_BYTES || texts.size() > MAX_TEXTS) {
            throw rejected("54000", "the batch is larger than " + (MAX_BYTES >> 20) + " MB", "Send it in parts.");
        }
        switch (message.type()) {
            case 'Q' -> query(message.reader());
            case 'P' -> parse(message.reader());
            case 'B' -> bind(message.reader());
            case 'E' -> execute(message.reader());
            case 'C' -> close(message.reader());
            default -> {} // D, H, S run nothing
        }
        messages.add(message);
    }

    private void query(PayloadReader fields) throws RejectedException, ProtocolException {
        if (!messages.isEmpty()) {
            throw new ProtocolException("a simple query stands between messages that end with a sync");
        }
        String text = fields.text();
        fields.end();
        prepared.forget(Optional.of(PreparedStatements.UNNAMED));
        List<ReadStatement> read = read(text);
        parsed.add(PreparedStatements.UNNAMED);
        if (!read.isEmpty()) {
            runs++;
            texts.add(text);
        }
        for (ReadStatement statement : read) {
            run(text, statement);
        }
    }

    private void parse(PayloadReader fields) throws RejectedException, ProtocolException {
        String name = fields.text();
        String text = fields.text();
        requireTheirs(name);
        parsed.add(name);
        List<ReadStatement> read = read(text);
        List<Integer> types = BoundValues.types(fields);
        Set<String> named = types.stream().allMatch(type -> type >= 0 && type < FIRST_OWN)
                ? Set.of()
                : Set.of(CatalogQuery.ANY_TYPE);
        Set<ReadStatement> typed = new LinkedHashSet<>();
        read.forEach(statement -> typed.add(named.isEmpty() ? statement : statement.withTypes(named)));
        prepare(name, new Prepared(text, Set.copyOf(typed), types));
    }

    private void prepare(String name, Prepared text) throws RejectedException {
        prepared.put(name, text);
        if (prepared.size() > PreparedStatements.MAX) {
            throw rejected("54000", "the session holds too many prepared statements", "Close some.");
        }
    }

    /** What was bound in an earlier batch is judged again: a kill, or the lease's end, may lie between. */
    private void execute(PayloadReader fields) throws RejectedException, ProtocolException {
        String name = fields.text();
        boolean isBoundHere = name.equals(portal);
        if (!isBoundHere) {
            if (!boundHere.contains(name)) {
                runAgain(name);
            }
            fetch(name);
        }
        boolean isToEnd =
                fields.int32() == 0 || statements.keySet().stream().allMatch(each -> UNLIMITED.contains(each.kind()));
        executions += isBoundHere && isToEnd ? 1 : 2;
    }

    private void runAgain(String name) throws RejectedException {
        PreparedStatements.Portal opened = prepared.portal(name)
                .orElseThrow(() -> rejected(
                        "34000",
                        "there is no portal of that name whose statement is known",
                        "Take rows of a function's cursor by FETCH."));
        for (PreparedStatements.PortalStatement each : opened.statements()) {
            texts.add(each.text());
            statements
                    .computeIfAbsent(each.statement(), _ -> new LinkedHashSet<>())
                    .add(each.text());
            if (each.isOlder()) {
                older.add(each.statement());
            }
        }
        values.addAll(opened.values());
    }

    private void fetch(String name) throws RejectedException {
        if (redefines || !prepared.isAsOpened(name)) {
            throw rejected(
                    Answers.UNSUPPORTED,
                    "what a cursor does may have changed since it was opened: the session has defined something",
                    "Open it anew.");
        }
        endsScope = true; // it may set what a function sets
    }

    private void bind(PayloadReader fields) throws RejectedException, ProtocolException {
        portal = fields.text();
        String name = fields.text();
        runs++;
        if (prepared.portals() >= PreparedStatements.MAX_PORTALS) {
            throw rejected("54000", "the session holds too many portals", "Close some.");
        }
        int first = running.size();
        int length = fields.left();
        List<Integer> types = List.of();
        for (Prepared each : named(name)) {
            texts.add(each.text());
            types = each.types();
            for (ReadStatement statement : each.statements()) {
                run(each.text(), statement);
                prepared.open(portal, PLANNED.contains(statement.kind()));
            }
        }
        Json bound = BoundValues.read(fields, types);
        values.add(bound);
        boundHere.add(portal);
        if (length <= MAX_KEPT_VALUES) {
            prepared.bind(
                    portal, new PreparedStatements.Portal(running.subList(first, running.size()), List.of(bound)));
        } else {
            prepared.closePortal(portal); // it runs now, or not at all
        }
    }

    private void close(PayloadReader fields) throws RejectedException, ProtocolException {
        boolean isStatement = fields.int8() == 'S';
        String name = fields.text();
        requireTheirs(name);
        if (isStatement) {
            prepared.forget(Optional.of(name));
        } else {
            prepared.closePortal(name);
        }
    }

    private static void requireTheirs(String name) throws RejectedException {
        if (CatalogQuery.isOwn(name)) {
            throw rejected("42P05", "this name is the gateway's own", "Choose another name.");
        }
    }

    private Set<Prepared> named(String name) throws RejectedException {
        Set<Prepared> known = prepared.find(name);
        if (!parsed.contains(name)) {
            known.forEach(each -> older.addAll(each.statements()));
        }
        if (known.isEmpty()) {
            throw rejected("26000", "there is no prepared statement of that name", "");
        }
        return known;
    }

    private List<ReadStatement> read(String text) throws RejectedException {
        return switch (reader.read(text)) {
            case SqlReading.ReadText(var read) -> read;
            case SqlReading.UnreadText(var reason, int position) ->
                throw new RejectedException(Answers.unread(reason, position));
        };
    }

    private void run(String text, ReadStatement statement) throws RejectedException {
        count++;
        if (endsScope && statement.hasNames()) {
            throw rejected(
                    Answers.UNSUPPORTED,
                    "what the names of a statement stand for is not known before another one of the batch has run",
                    "Send statements that change the session or end the transaction by themselves.");
        }
        statements.computeIfAbsent(statement, _ -> new LinkedHashSet<>()).add(text);
        PreparedStatements.PortalStatement one =
                new PreparedStatements.PortalStatement(text, statement, older.contains(statement));
        running.add(one);
        if (statement.kind().equals("COMMIT") && prepared.isOpen(HELD)) {
            fetch(HELD); // the server runs them to their end
        }
        endsScope |= !statement.keepsNames();
        redefines |= statement.redefines();
        switch (statement.session()) {
            case Session.Nothing _, Session.Sets _, Session.Controls _ -> {}
            case Session.Opens(var name, var isHeld) -> {
                prepared.open(name, true);
                prepared.bind(name, new PreparedStatements.Portal(List.of(one), List.of()));
                if (isHeld) {
                    prepared.open(HELD, true);
                }
            }
            case Session.Fetches(var name) -> fetch(name);
            case Session.Prepares(var name, var inner) -> {
                requireTheirs(name);
                prepare(name, new Prepared(text, Set.of(inner), List.of()));
            }
            case Session.Executes(var name, var _) -> {
                if (++depth > MAX_DEPTH) { // a statement of the protocol may be the EXECUTE of its own name
                    throw rejected(Answers.UNSUPPORTED, "a prepared statement executes another", "");
                }
                for (Prepared each : named(name)) {
                    texts.add(each.text());
                    for (ReadStatement inner : each.statements()) {
                        run(each.text(), inner);
                    }
                }
                depth--;
            }
            case Session.Forgets(var name) -> {
                requireTheirs(name.orElse(""));
                prepared.forget(name);
            }
        }
    }

    static RejectedException rejected(String state, String message, String hint) {
        return new RejectedException(Answers.error(state, message, "", hint));
    }
}
