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

    private static final List<String> ROWS = List.of("DELETE", "UPDATE", "INSERT", "MERGE");

    private static final String UNREAD = "?";
    private static final Set<String> BEFORE_NAME = Set.of("ONLY", "TABLE", "IF", "NOT", "EXISTS", "INTO", "FROM");

    /** What one transaction changes. */
    private static final class Transaction {
        private final List<ProviderEvent> changes = new ArrayList<>();
        private final List<ProviderEvent> undone = new ArrayList<>();
        private final Map<String, Integer> savepoints = new HashMap<>();
        private boolean isOdd;
        private boolean isBegun;
        private boolean isAborted;
        private String end = "";

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
    private final Map<String, Transaction> current = new HashMap<>();
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
        String key = line.textIfAny("session_id").orElse("") + " "
                + line.textIfAny("vxid").orElse("");
        if (Set.of("ERROR", "FATAL", "PANIC").contains(line.text("error_severity")) && current.containsKey(key)) {
            current.get(key).isAborted = true;
        }
        Matcher message = MESSAGE.matcher(line.textIfAny("message").orElse(""));
        if (!message.matches() || line.get("context").isPresent()) { // functions may say anything
            return;
        }
        // What SQL has prepared is executed by its name; the detail says what that is.
        String detail = line.textIfAny("detail").orElse("");
        int as =
                detail.startsWith("prepare: ") ? detail.toUpperCase(Locale.ROOT).indexOf(" AS ") : -1;
        boolean isAmbiguous = message.group(1) != null && message.group(2).contains(": ");
        String sql = isAmbiguous ? "'" : as < 0 ? message.group(2) : detail.substring(as + 4);
        String database = line.textIfAny("dbname").orElse("");
        for (List<String> statement : statements(sql)) {
            Transaction transaction = current.get(key);
            if (transaction == null || !transaction.end.isEmpty()) {
                transaction = new Transaction();
                current.put(key, transaction);
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
            isCertain &= !(text.equals("'") || text.equals("\"") || text.equals("$"))
                    && !(text.startsWith("/*") && text.indexOf("/*", 2) > 0);
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
        return isCertain ? statements : List.of(List.of(UNREAD));
    }

    private static String kind(List<String> words) {
        String first = words.get(0);
        boolean isExplained = first.equals("EXPLAIN") && (words.contains("ANALYZE") || words.contains("ANALYSE"));
        if (isExplained
                || first.equals("WITH")
                || (first.equals("COPY") && words.get(1).equals("("))) {
            for (int i = 1; i < words.size(); i++) {
                if (ROWS.contains(words.get(i)) && !Set.of("FOR", "KEY").contains(words.get(i - 1))) {
                    return words.get(i);
                }
            }
        }
        return first.equals("COPY") && words.contains("FROM") && !words.get(1).equals("(")
                ? "COPY FROM"
                : first.equals("(") ? "SELECT" : first;
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
            if (kind.isEmpty()) {
                continue; // a session begins
            }
            kind = kind.equals("COPY FROM") ? kind : kind.split(" ")[0];
            Set<String> keys = new TreeSet<>(words(kind));
            boolean isCertain = !keys.isEmpty() && !facts.containsKey("kept-in"); // a table that was moved instead
            if (keys.isEmpty()) {
                keys.add(kind);
                keys.addAll(action.texts("impacts").equals(List.of("read")) ? Set.of() : ROWS);
            }
            keys.add(UNREAD);
            Set<String> targets = new TreeSet<>();
            action.objects("resources").forEach(resource -> targets.add(target(resource.text("id"))));
            expected.add(new ExpectedEvent(keys, targets, isCertain));
        }
        return expected;
    }

    /** Returns {@code shop/orders} for {@code pg:table/shop.public.orders}, and {@code shop} for a database. */
    private static String target(String resource) {
        String[] parts = resource.substring(resource.indexOf('/') + 1).split("\\.");
        return parts.length == 1 ? parts[0] : parts[0] + "/" + parts[parts.length - 1];
    }
}
