package dev.interlock.evidence;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * PostgreSQL's own log of statements: {@code jsonlog} of version 15 or newer, in UTC, with {@code log_statement = all};
 * with {@code mod} it does not say what was rolled back. A statement is known by its first word and the last part of
 * its table's name. One whose text cannot be read for certain may be anything.
 */
final class PostgresLog implements ProviderLog {

    /** The name behind {@code execute} is the client's, and may be any text. */
    private static final Pattern MESSAGE =
            Pattern.compile("(?:duration: [0-9.]+ ms +)?(?:statement|(execute .*?)): (.*)", Pattern.DOTALL);

    /** A name of a savepoint that means the same to everybody, however PostgreSQL folds and shortens it. */
    private static final Pattern SAVEPOINT = Pattern.compile("\"?([\\w ]{1,60})");

    /** As PostgreSQL's own lexer reads them: every character beyond ASCII may be part of a name. */
    private static final Pattern TOKEN = Pattern.compile(
            "(--[^\\n\\r]*+|/\\*.*?\\*/|'[^']*+'|\"[^\"]*+\"|\\$((?:[A-Za-z_[^\\x00-\\x7f]][\\w[^\\x00-\\x7f]]*+)?)\\$.*?\\$\\2\\$)"
                    + "|\\$?[\\w[^\\x00-\\x7f]][\\w$[^\\x00-\\x7f]]*+|\\S",
            Pattern.DOTALL);

    /** What changes nothing, as far as a text says: the functions that it calls may. */
    private static final Set<String> READS = Set.of(
            "SELECT VALUES TABLE SHOW SET RESET DISCARD DEALLOCATE DECLARE FETCH MOVE CLOSE LISTEN UNLISTEN PREPARE EXPLAIN WITH COPY LOCK BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE"
                    .split(" "));

    private static final Set<String> QUOTES = Set.of("'", "\"", "$");

    /** How a text in the place of a statement begins, if it is one. */
    private static final Set<String> STATEMENTS = Stream.concat(
                    READS.stream(),
                    Stream.of(
                            "( ? ALTER ANALYZE CALL CHECKPOINT CLUSTER COMMENT CREATE DELETE DO DROP EXECUTE GRANT IMPORT INSERT LOAD MERGE NOTIFY REASSIGN REFRESH REINDEX REPACK REVOKE SECURITY TRUNCATE UPDATE VACUUM WAIT"
                                    .split(" ")))
            .collect(Collectors.toSet());

    /** More places where a text may begin nobody looks at: each takes as long as the text. */
    private static final int MAX_OTHERS = 100;

    private static final Set<String> CONTROL =
            Set.of("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE");

    private static final List<String> ROWS = List.of("DELETE", "UPDATE", "INSERT", "MERGE");

    /** What stands inside others. */
    private static final List<String> CHANGES = List.of("DELETE", "UPDATE", "INSERT", "MERGE", "CREATE");

    private static final String UNREAD = "?";
    private static final List<List<String>> UNCERTAIN = List.of(List.of(UNREAD));
    private static final Set<String> BEFORE_NAME = Set.of("ONLY", "TABLE", "IF", "NOT", "EXISTS", "INTO", "FROM");

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

        private void control(List<String> statement) {
            Matcher last = SAVEPOINT.matcher(statement.get(statement.size() - 1));
            String name = last.matches() ? last.group(1).toLowerCase(Locale.ROOT) : "";
            switch (statement.get(0)) {
                case "BEGIN", "START" -> isBegun = true;
                case "COMMIT", "END" -> end = statement.contains("PREPARED") ? end : "COMMIT";
                case "SAVEPOINT" -> {
                    isOdd |= name.isEmpty(); // and may hide another of the same name
                    savepoints.put(name, changes.size());
                }
                case "ROLLBACK", "ABORT" -> {
                    if (statement.contains("TO") && savepoints.containsKey(name) && !isOdd) {
                        int from =
                                Math.min(savepoints.get(name), changes.size()); // it may have gone with an earlier one
                        List<ProviderEvent> after = changes.subList(from, changes.size());
                        undone.addAll(after);
                        after.clear();
                        isAborted = false;
                    } else if (!statement.contains("TO") && !statement.contains("PREPARED")) {
                        end = "ROLLBACK";
                    }
                }
                case "PREPARE" -> isBegun |= statement.contains("TRANSACTION"); // whose end is another transaction
                default -> {}
            }
        }
    }

    private final List<String> files;
    private final Map<String, Transaction> current = new HashMap<>(); // by session
    private final List<Transaction> transactions = new ArrayList<>();
    private boolean isAllLogged;

    PostgresLog(List<String> files) {
        this.files = List.copyOf(files);
    }

    @Override
    public String prefix() {
        return "pg/";
    }

    @Override
    public void read(Reconciliation to) throws IOException {
        for (String file : files) {
            try (BufferedReader lines = Files.newBufferedReader(Path.of(file))) {
                long number = 0;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    line(file + ":" + ++number, line, to);
                }
            }
        }
        if (transactions.isEmpty() && !isAllLogged) {
            throw new MalformedException("the log holds no statement: set `log_statement = all` in PostgreSQL");
        }
        for (Transaction transaction : transactions) {
            Effect effect = transaction.effect(isAllLogged);
            transaction.changes.forEach(change -> to.event(change.with(effect)));
            transaction.undone.forEach(to::event);
        }
    }

    private void line(String place, String text, Reconciliation to) {
        Json.Members line = Json.readForeign(text.getBytes(StandardCharsets.UTF_8), place);
        Instant at = time(line.text("timestamp"));
        to.covers(at);
        String session = line.textIfAny("session_id").orElse("");
        String number = line.textIfAny("vxid").orElse("");
        Transaction last = current.get(session);
        boolean isSame = last != null && last.number.equals(number);
        if (last != null && isSame && Set.of("ERROR", "FATAL", "PANIC").contains(line.text("error_severity"))) {
            last.isAborted = true;
        }
        Matcher message = MESSAGE.matcher(line.textIfAny("message").orElse(""));
        if (!message.matches() || line.get("context").isPresent()) { // functions may say anything
            return;
        }
        List<List<String>> statements =
                message.group(1) == null ? statements(message.group(2)) : unambiguous(message.group(2));
        String database = line.textIfAny("dbname").orElse("");
        for (List<String> statement :
                executed(statements, line.textIfAny("detail").orElse(""))) {
            Transaction transaction = current.get(session);
            if (transaction == null || !transaction.number.equals(number) || !transaction.end.isEmpty()) {
                transaction = new Transaction(number);
                current.put(session, transaction);
            }
            transaction.control(statement);
            String kind = kind(statement);
            if (READS.contains(kind)) {
                isAllLogged = true;
                to.skip("statements that only read, by their text");
                continue;
            }
            if (transaction.changes.isEmpty() && transaction.undone.isEmpty()) {
                transactions.add(transaction);
            }
            Set<String> user = Set.of(line.textIfAny("user").orElse(""));
            String target = database + name(kind, statement);
            transaction.changes.add(new ProviderEvent(place, at, user, kind, kind, target, Effect.UNDONE));
        }
    }

    /** Returns the statements behind a name that may hold {@code ": "} as well: nothing certain if it may hide some. */
    private static List<List<String>> unambiguous(String text) {
        List<List<String>> first = statements(text);
        boolean isPlain = isPlain(first);
        int others = 0;
        for (int at = text.indexOf(": "); at >= 0; at = text.indexOf(": ", at + 2)) {
            String behind = text.substring(at + 2);
            List<List<String>> other = isHalf(behind) ? List.of() : statements(behind);
            boolean isSql = !other.isEmpty() && STATEMENTS.contains(other.get(0).get(0));
            if (++others > MAX_OTHERS || (isSql && !(isPlain && isPlain(other)))) {
                return UNCERTAIN;
            }
        }
        return first;
    }

    /** Returns whether {@code text} is for certain no SQL, as a quotation begins in it and does not end. */
    private static boolean isHalf(String text) {
        return !text.contains("\\'")
                && text.indexOf("/*") == text.lastIndexOf("/*")
                && TOKEN.matcher(text).results().anyMatch(token -> QUOTES.contains(token.group()));
    }

    private static boolean isPlain(List<List<String>> statements) {
        return statements.stream()
                .map(PostgresLog::kind)
                .allMatch(kind -> READS.contains(kind) && !CONTROL.contains(kind));
    }

    /** Returns {@code statements} with what SQL has prepared in the place of its name, if {@code detail} says it. */
    private static List<List<String>> executed(List<List<String>> statements, String detail) {
        List<List<String>> prepared = detail.startsWith("prepare: ")
                ? statements(detail.substring("prepare: ".length())).stream()
                        .filter(statement -> statement.get(0).equals("PREPARE") && statement.contains("AS"))
                        .toList()
                : List.of();
        boolean isOne = prepared.size() == 1
                && statements.stream()
                                .filter(words -> words.get(0).equals("EXECUTE"))
                                .count()
                        == 1;
        return statements.stream()
                .map(words -> !isOne || !words.get(0).equals("EXECUTE")
                        ? words
                        : prepared.get(0)
                                .subList(
                                        prepared.get(0).indexOf("AS") + 1,
                                        prepared.get(0).size()))
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

    /** Returns the statements of a text as words: quoted ones behind a quotation mark, without comments. */
    static List<List<String>> statements(String sql) {
        List<List<String>> statements = new ArrayList<>(List.of(new ArrayList<>()));
        Matcher token = TOKEN.matcher(sql);
        int depth = 0;
        boolean isCertain = !sql.contains("\\'");
        while (token.find()) {
            String text = token.group();
            List<String> words = statements.get(statements.size() - 1);
            isCertain &= !QUOTES.contains(text) && !(text.startsWith("/*") && text.indexOf("/*", 2) > 0);
            depth += text.equals("(") ? 1 : text.equals(")") ? -1 : 0;
            if (text.equals(";") && depth == 0) {
                statements.add(new ArrayList<>());
            } else if (text.startsWith("\"")) {
                words.add(text.substring(0, text.length() - 1));
            } else if (!text.startsWith("--") && !text.startsWith("/*")) {
                words.add(token.group(1) == null ? text.toUpperCase(Locale.ROOT) : "'");
            }
        }
        statements.removeIf(List::isEmpty);
        return isCertain ? statements : UNCERTAIN;
    }

    /** Returns {@code words} without parentheses around them, and without an EXPLAIN that runs them. */
    private static List<String> run(List<String> words) {
        int at = 0;
        if (words.get(0).equals("EXPLAIN") && (words.contains("ANALYZE") || words.contains("ANALYSE"))) {
            at = words.get(1).equals("(") ? words.indexOf(")") + 1 : 1;
            while (at < words.size() && Set.of("ANALYZE", "ANALYSE", "VERBOSE").contains(words.get(at))) {
                at++;
            }
        }
        while (at < words.size() - 1 && words.get(at).equals("(")) {
            at++;
        }
        return words.subList(at, words.size());
    }

    private static String kind(List<String> statement) {
        List<String> words = run(statement);
        String first = words.isEmpty() ? UNREAD : words.get(0);
        boolean isCopy = first.equals("COPY");
        boolean isQuery = isCopy && words.indexOf("(") == 1;
        if (first.equals("WITH") || isQuery) {
            for (int i = 1; i < words.size(); i++) {
                List<String> before = words.subList(Math.max(i - 3, 0), i);
                if (ROWS.contains(words.get(i))
                        && !before.get(before.size() - 1).equals("FOR")
                        && !before.equals(List.of("FOR", "NO", "KEY"))) {
                    return words.get(i);
                }
            }
        }
        if (isCopy && !isQuery && words.contains("FROM")) {
            return "COPY FROM";
        }
        int to = isCopy ? words.indexOf("TO") : -1;
        boolean isFile = to > 0 && Set.of("PROGRAM", "'").contains(words.get(Math.min(to + 1, words.size() - 1)));
        boolean isLogging = first.equals("SET")
                && words.stream().anyMatch(word -> word.matches("\"?(?i:log_.*)")); // the log may lack what follows
        return isFile || isLogging || first.equals("EXECUTE")
                ? UNREAD
                : Set.of("SELECT", "WITH").contains(first) && words.contains("INTO") ? "CREATE" : first;
    }

    /** Returns the last part of the name of the table that is changed, behind a slash; nothing if there is none. */
    private static String name(String kind, List<String> words) {
        int at = words.indexOf(
                ROWS.contains(kind) || kind.equals("TRUNCATE") ? kind : kind.equals("COPY FROM") ? "COPY" : "TABLE");
        if (at < 0) {
            return "";
        }
        at++;
        while (at < words.size() - 1 && BEFORE_NAME.contains(words.get(at))) {
            at++;
        }
        while (at < words.size() - 2 && words.get(at + 1).equals(".")) {
            at += 2;
        }
        String name = at < words.size() ? words.get(at) : "";
        return "/" + (name.startsWith("\"") ? name.substring(1) : name.toLowerCase(Locale.ROOT));
    }

    /** Returns the first words of statements of {@code kind} in a receipt; none if the log may lack them. */
    private static Set<String> words(String kind) {
        return switch (kind) {
            case "DELETE",
                    "UPDATE",
                    "INSERT",
                    "MERGE",
                    "TRUNCATE",
                    "DROP",
                    "CREATE",
                    "ALTER",
                    "COPY FROM",
                    "DO",
                    "CALL" -> Set.of(kind);
            case "GRANT" -> Set.of(kind, "REVOKE");
            case "INDEX", "VIEW" -> Set.of("CREATE");
            case "RENAME" -> Set.of("ALTER");
            default -> Set.of();
        };
    }

    @Override
    public List<ExpectedEvent> expected(List<Json.Members> actions) {
        List<ExpectedEvent> expected = new ArrayList<>();
        for (Json.Members action : actions) {
            Map<String, String> facts = new HashMap<>();
            action.objects("facts").forEach(fact -> facts.put(fact.text("name"), fact.text("value")));
            String kind = facts.getOrDefault("argument.statement", "");
            if (kind.isEmpty() || facts.containsKey("kept-in")) {
                continue; // a session begins, or a function moves a table
            }
            kind = kind.equals("COPY FROM") ? kind : kind.split(" ", 2)[0];
            Set<String> keys = new TreeSet<>(words(kind));
            boolean isCertain = !keys.isEmpty();
            boolean isRead = action.texts("impacts").equals(List.of("read"));
            if (!isCertain) {
                keys.add(kind);
                keys.addAll(isRead ? Set.of() : CHANGES);
            }
            if (!isRead) {
                keys.add(UNREAD);
            }
            Set<String> targets = new TreeSet<>();
            action.objects("resources").forEach(resource -> targets.add(target(resource.text("id"))));
            expected.add(new ExpectedEvent(keys, targets, isCertain, !kind.equals("UNDO")));
        }
        return expected;
    }

    /** Returns {@code shop/orders} for {@code pg:table/shop.public.orders}, and {@code shop} for a database. */
    private static String target(String resource) {
        String[] parts = resource.substring(resource.indexOf('/') + 1).split("\\.", -1);
        return parts.length == 1 ? parts[0] : parts[0] + "/" + parts[parts.length - 1];
    }
}
