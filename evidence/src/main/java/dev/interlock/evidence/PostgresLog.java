package dev.interlock.evidence;

import dev.interlock.evidence.StatementReader.LoggedStatement;
import dev.interlock.evidence.StatementReader.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PostgreSQL's own log of statements: {@code jsonlog} or {@code csvlog} of version 15 or newer, in UTC, with
 * {@code log_statement = all} or {@code pgaudit.log = all}; with less it does not say what was rolled back. A statement
 * is known by its kind and its tables, read by the grammar by which the gateway wrote the receipts: by their schemas
 * too if it names these. One whose text cannot be read for certain may be anything.
 */
final class PostgresLog implements ProviderLog {

    /** The name behind {@code execute} is the client's, and may be any text. */
    private static final Pattern MESSAGE =
            Pattern.compile("(?:duration: [0-9.]+ ms +)?(?:statement|(execute .*?)): (.*)", Pattern.DOTALL);

    /** A name of a savepoint that means the same to every server, however that folds and shortens it. */
    private static final Pattern SAVEPOINT = Pattern.compile("[ -~]{1,60}");

    /** More places where a text may begin nobody looks at: each takes as long as the text. */
    private static final int MAX_OTHERS = 100;

    /** Kinds of which each call that does more than read is logged; the functions of others may do it. */
    private static final Pattern LOGGED = Pattern.compile(
            "DELETE|UPDATE|INSERT|MERGE|TRUNCATE|COPY FROM|DO|CALL|GRANT( ROLE)?|INDEX|VIEW|RENAME|(DROP|CREATE|ALTER) .*");

    /** The columns of {@code csvlog}, from 0, by their names in {@code jsonlog}. */
    private static final NavigableMap<Integer, String> CSV_COLUMNS = new TreeMap<>(Map.of(
            0,
            "timestamp",
            1,
            "user",
            2,
            "dbname",
            5,
            "session_id",
            9,
            "vxid",
            11,
            "error_severity",
            13,
            "message",
            14,
            "detail",
            18,
            "context"));

    private static final String AUDIT = "AUDIT: SESSION,";
    private static final int AUDIT_COMMAND = 3; // of the fields behind that
    private static final int AUDIT_TEXT = 6;

    private static final String UNREAD = "?";
    private static final List<LoggedStatement> UNCERTAIN =
            List.of(new LoggedStatement(UNREAD, Role.CHANGES, Set.of(), List.of()));

    /** What one transaction changes. */
    private static final class Transaction {
        private final String number;
        private final List<ProviderEvent> changes = new ArrayList<>();
        private final List<ProviderEvent> undone = new ArrayList<>();
        private final Map<String, Integer> savepoints = new HashMap<>();
        private boolean isOdd;
        private boolean isBegun;
        private boolean isAborted;
        private String end = "";

        Transaction(String number) {
            this.number = number;
        }

        private Effect effect(boolean isAllLogged) {
            if (isAborted || end.equals("ROLLBACK")) {
                return Effect.UNDONE;
            }
            return !isOdd && (isBegun ? end.equals("COMMIT") : isAllLogged) ? Effect.HAPPENED : Effect.UNKNOWN;
        }

        private void control(LoggedStatement statement) {
            String name = String.join("", statement.names());
            switch (statement.kind()) {
                case "BEGIN", "START", "PREPARE" -> isBegun = true; // whose end may be another transaction
                case "COMMIT", "ROLLBACK" -> end = statement.kind();
                case "SAVEPOINT" -> {
                    isOdd |= !SAVEPOINT.matcher(name).matches(); // and may hide another of the same name
                    savepoints.put(name, changes.size());
                }
                case "ROLLBACK TO" -> {
                    if (savepoints.containsKey(name) && !isOdd) {
                        int from =
                                Math.min(savepoints.get(name), changes.size()); // it may have gone with an earlier one
                        List<ProviderEvent> after = changes.subList(from, changes.size());
                        undone.addAll(after);
                        after.clear();
                        isAborted = false;
                    }
                }
                default -> {}
            }
        }
    }

    private final List<String> files;
    private final StatementReader reader;
    private final Statements said = new Statements();
    private final Statements audited = new Statements();
    private final Map<String, AuditTurn> turns = new HashMap<>(); // by session

    /** What one of the two settings has the server log. */
    private static final class Statements {
        private final Map<String, Transaction> current = new HashMap<>(); // by session
        private final List<Transaction> transactions = new ArrayList<>();
        private long reads;

        /** Returns whether there are some, and not all. */
        private boolean isPart() {
            return reads == 0 && !transactions.isEmpty();
        }
    }

    /** The number of the statement that pgaudit told last, and which of the statements of its text comes next. */
    private record AuditTurn(String id, String text, int next) {}

    PostgresLog(List<String> files, StatementReader reader) {
        this.files = List.copyOf(files);
        this.reader = reader;
    }

    @Override
    public String prefix() {
        return "pg/";
    }

    @Override
    public void read(Reconciliation to) throws IOException {
        for (String file : files) {
            try (BufferedReader lines = Files.newBufferedReader(Path.of(file))) {
                lines.mark(1);
                boolean isJson = lines.read() == '{';
                lines.reset();
                long number = 0;
                for (String line = isJson ? lines.readLine() : null; line != null; line = lines.readLine()) {
                    String place = file + ":" + ++number;
                    line(place, Json.readForeign(line.getBytes(StandardCharsets.UTF_8), place), to);
                }
                CsvRecords records = new CsvRecords(lines);
                String first = file + ":1";
                for (List<String> record = records.next(); !record.isEmpty(); record = records.next()) {
                    line(first, named(record), to);
                    first = file + ":" + (records.linesRead() + 1);
                }
            }
        }
        boolean isAudit = said.reads == 0 && (audited.reads > 0 || audited.isPart());
        Statements logged = isAudit ? audited : said; // of both each statement would be there twice
        if ((said.isPart() && audited.isPart()) || (logged.reads == 0 && !logged.isPart())) {
            throw new MalformedException("the log holds no statement, or a part of them by each of two settings: set"
                    + " `log_statement = all`, or `pgaudit.log = all`, in PostgreSQL");
        }
        for (long i = 0; i < logged.reads; i++) {
            to.skip("statements that only read, by their text");
        }
        for (Transaction transaction : logged.transactions) {
            Effect effect = transaction.effect(logged.reads > 0);
            transaction.changes.forEach(change -> to.event(change.with(effect)));
            transaction.undone.forEach(to::event);
        }
    }

    /** Returns a record of {@code csvlog} as {@code jsonlog} has it. */
    private static Json.Members named(List<String> record) {
        if (record.size() <= CSV_COLUMNS.lastKey()) {
            throw new MalformedException("PostgreSQL's log is neither jsonlog nor csvlog");
        }
        Json.Members line = Json.object();
        for (Map.Entry<Integer, String> column : CSV_COLUMNS.entrySet()) {
            String value = record.get(column.getKey());
            line = value.isEmpty() ? line : line.with(column.getValue(), value);
        }
        return line;
    }

    private void line(String place, Json.Members line, Reconciliation to) throws IOException {
        Instant at = time(line.text("timestamp"));
        to.covers(at);
        String session = line.textIfAny("session_id").orElse("");
        String number = line.textIfAny("vxid").orElse("");
        if (Set.of("ERROR", "FATAL", "PANIC").contains(line.text("error_severity"))) {
            turns.remove(session);
            for (Statements logged : List.of(said, audited)) {
                Optional.ofNullable(logged.current.get(session))
                        .filter(last -> last.number.equals(number))
                        .ifPresent(last -> last.isAborted = true);
            }
        }
        String text = line.textIfAny("message").orElse("");
        if (line.get("context").isPresent()) { // functions may say anything
            return;
        }
        Matcher message = MESSAGE.matcher(text);
        if (message.matches()) {
            List<LoggedStatement> statements =
                    message.group(1) == null ? statements(message.group(2)) : unambiguous(message.group(2));
            add(said, executed(statements, line.textIfAny("detail").orElse("")), place, line);
        } else if (text.startsWith(AUDIT)) {
            add(audited, audited(text.substring(AUDIT.length()), session), place, line);
        }
    }

    /**
     * Returns the statement of a line of pgaudit. Each has the whole text that the client sent; what functions and
     * prepared statements do has the same number as what called them, and is left out.
     */
    private List<LoggedStatement> audited(String text, String session) throws IOException {
        List<String> fields = new CsvRecords(new BufferedReader(new StringReader(text))).next();
        if (fields.size() <= AUDIT_TEXT) {
            return UNCERTAIN;
        }
        AuditTurn last = turns.get(session);
        String id = fields.get(0);
        if (last != null && last.id().equals(id)) {
            return List.of();
        }
        String command = fields.get(AUDIT_COMMAND);
        List<LoggedStatement> all = statements(fields.get(AUDIT_TEXT));
        int turn = last != null && last.text().equals(fields.get(AUDIT_TEXT)) && last.next() < all.size()
                ? last.next()
                : 0;
        turns.put(session, new AuditTurn(id, fields.get(AUDIT_TEXT), turn + 1));
        if (all.isEmpty()) {
            return UNCERTAIN;
        }
        LoggedStatement one = all.get(turn);
        if (one.role() == Role.PREPARES && !command.equals("PREPARE")) {
            return one.prepared();
        }
        boolean isIt = all.size() == 1 || command.startsWith(one.kind().split(" ", 2)[0]);
        return isIt ? List.of(one) : UNCERTAIN;
    }

    private static void add(Statements logged, List<LoggedStatement> statements, String place, Json.Members line) {
        Instant at = time(line.text("timestamp"));
        String session = line.textIfAny("session_id").orElse("");
        String number = line.textIfAny("vxid").orElse("");
        String database = line.textIfAny("dbname").orElse("");
        for (LoggedStatement statement : statements) {
            Transaction transaction = logged.current.get(session);
            if (transaction == null || !transaction.number.equals(number) || !transaction.end.isEmpty()) {
                transaction = new Transaction(number);
                logged.current.put(session, transaction);
            }
            if (statement.role() == Role.CONTROLS) {
                transaction.control(statement);
            }
            boolean isKnown = statement.role() != Role.EXECUTES;
            if (isKnown && statement.role() != Role.CHANGES) {
                logged.reads++;
                continue;
            }
            if (transaction.changes.isEmpty() && transaction.undone.isEmpty()) {
                logged.transactions.add(transaction);
            }
            Set<String> user = Set.of(line.textIfAny("user").orElse(""));
            String kind = isKnown ? statement.kind() : UNREAD;
            Set<String> targets = new TreeSet<>();
            statement.names().forEach(name -> targets.add(database + "/" + name));
            transaction.changes.add(new ProviderEvent(
                    place, at, user, kind, kind, targets.isEmpty() ? Set.of(database) : targets, Effect.UNDONE));
        }
    }

    /** Returns the statements of {@code sql}: nothing certain if a server may see the end of a quotation elsewhere. */
    private List<LoggedStatement> statements(String sql) {
        return sql.contains("\\'") ? UNCERTAIN : reader.read(sql).orElse(UNCERTAIN);
    }

    /** Returns the statements behind a name that may hold {@code ": "} as well: nothing certain if it may hide some. */
    private List<LoggedStatement> unambiguous(String text) {
        List<LoggedStatement> first = statements(text);
        int others = 0;
        for (int at = text.indexOf(": "); at >= 0; at = text.indexOf(": ", at + 2)) {
            String behind = text.substring(at + 2);
            boolean isSafe = reader.isNone(behind) || (isPlain(first) && isPlain(statements(behind)));
            if (++others > MAX_OTHERS || !isSafe) {
                return UNCERTAIN;
            }
        }
        return first;
    }

    private static boolean isPlain(List<LoggedStatement> statements) {
        return statements.stream().allMatch(statement -> statement.role() == Role.READS);
    }

    /** Returns {@code statements} with what SQL has prepared in the place of its name, if {@code detail} says it. */
    private List<LoggedStatement> executed(List<LoggedStatement> statements, String detail) {
        List<LoggedStatement> prepared = detail.startsWith("prepare: ")
                ? statements(detail.substring("prepare: ".length())).stream()
                        .flatMap(statement -> statement.prepared().stream())
                        .toList()
                : List.of();
        long executed = statements.stream()
                .filter(statement -> statement.role() == Role.EXECUTES)
                .count();
        return statements.stream()
                .map(statement -> statement.role() == Role.EXECUTES && executed == 1 && prepared.size() == 1
                        ? prepared.get(0)
                        : statement)
                .toList();
    }

    private static Instant time(String text) {
        try {
            if (text.endsWith(" UTC") || text.endsWith(" GMT")) {
                return Instant.parse(text.substring(0, text.length() - 4).replace(' ', 'T') + "Z");
            }
        } catch (DateTimeException e) {
            throw new MalformedException("a time of PostgreSQL's log cannot be read", e);
        }
        throw new MalformedException("PostgreSQL's log is not in UTC: set `log_timezone = UTC`");
    }

    @Override
    public List<ExpectedEvent> expected(List<Json.Members> actions) {
        List<ExpectedEvent> expected = new ArrayList<>();
        Set<String> undone = new TreeSet<>();
        for (Json.Members action : actions) {
            Map<String, String> facts = new HashMap<>();
            action.objects("facts").forEach(fact -> facts.put(fact.text("name"), fact.text("value")));
            String kind = facts.getOrDefault("argument.statement", "");
            boolean isRead = action.texts("impacts").equals(List.of("read"));
            boolean isLogged = LOGGED.matcher(kind).matches();
            if (kind.isEmpty() || facts.containsKey("kept-in") || (isRead && !isLogged)) {
                continue; // a session begins, a function moves a table, or nothing changes
            }
            // what a statement reads beside what it changes, or what goes with the session
            boolean isBeside = action.text("operation").equals("pg/read");
            Set<String> targets = new TreeSet<>();
            action.objects("resources").stream()
                    .map(resource -> resource.text("id"))
                    .filter(id -> !isBeside || kind.equals("DROP FUNCTION") || id.startsWith("pg:temporary-table/"))
                    .forEach(id -> targets.addAll(targets(id)));
            if (kind.equals("UNDO")) {
                undone.addAll(targets);
            } else if (!targets.isEmpty()) {
                Set<String> keys = isRead ? Set.of(kind) : Set.of(kind, UNREAD);
                expected.add(new ExpectedEvent(keys, targets, isLogged && !isBeside, true));
            }
        }
        if (!undone.isEmpty()) { // one statement does all of it
            expected.add(new ExpectedEvent(Set.of("SELECT", UNREAD), undone, false, true));
        }
        return expected;
    }

    /** Returns {@code shop/orders} and {@code shop/public.orders} for {@code pg:table/shop.public.orders}. */
    private static Set<String> targets(String resource) {
        String name = resource.substring(resource.indexOf('/') + 1);
        int dot = name.indexOf('.');
        if (dot < 0) {
            return Set.of(name); // a database
        }
        String database = name.substring(0, dot) + "/";
        return new TreeSet<>(
                List.of(database + name.substring(dot + 1), database + name.substring(name.lastIndexOf('.') + 1)));
    }
}
