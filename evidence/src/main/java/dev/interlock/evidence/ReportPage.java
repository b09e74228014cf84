package dev.interlock.evidence;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The report as one page to read and to print, made from its JSON alone. It has no script and refers to nothing
 * outside. Agents wrote some of its texts, so every text is escaped, and what a reader cannot see is spelled out.
 */
public final class ReportPage {

    /** The maximum number of problems of one verdict on the page. */
    private static final int MOST_PROBLEMS = 100;

    /** The columns of a call on the page; the receipt's id is in the last one. */
    private static final List<String> COLUMNS = List.of(
            "time",
            "agent",
            "person",
            "task",
            "operation",
            "resources",
            "quantity",
            "environment",
            "irreversible",
            "verdict",
            "policies",
            "approved_by",
            "outcome",
            "reason",
            "receipt");

    private final PrintStream out;
    private final List<String> columns = new ArrayList<>(COLUMNS);

    ReportPage(PrintStream out) {
        this.out = out;
    }

    /** Returns all that precedes the content of such a page. */
    public static String begin(String title) {
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%s</title>
            <style>
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:110rem;padding:0 1rem;color:#111}
            h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #999}
            table{border-collapse:collapse;width:100%%;font-size:.8rem}
            th,td{text-align:left;vertical-align:top;padding:.25rem .5rem .25rem 0;border-bottom:1px solid #ddd}
            td{overflow-wrap:anywhere}code{font-size:.75rem}
            .verdict{border-left:.5rem solid #b35900;padding:.2rem .8rem;margin:.5rem 0}
            .yes{border-color:#1a7f37}.no{border-color:#b00020}
            .note{color:#444}
            @media print{body{margin:0;max-width:none;font-size:10px}table{font-size:7px}thead{display:table-header-group}
            tr{break-inside:avoid}@page{size:A4 landscape;margin:12mm}}
            </style></head><body>
            """.formatted(escaped(title));
    }

    /** Returns {@code text} as it is written between tags. */
    public static String escaped(String text) {
        return ReceiptText.inert(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    void begin(Json.Members head) {
        out.print(begin("Interlock report"));
        element("h1", "What agents did, and who allowed it");
        List<Json.Members> logs = ReportPass.logs(head);
        logs.forEach(each -> log(each.object("log")));
        Json.Members asked = head.object("asked");
        paragraph("In this report: calls"
                + asked.optionalText("since").map(at -> " from " + at).orElse("")
                + asked.optionalText("until").map(at -> " before " + at).orElse("")
                + asked.optionalText("agent").map(name -> " of " + name).orElse(" of all agents")
                + asked.optionalText("verdict").map(word -> ", only " + word).orElse("") + ". Times are UTC.");
        for (Json.Members log : logs) {
            if (logs.size() > 1) {
                element("h2", "Log " + log.object("log").text("origin"));
            }
            log.objects("verdicts").forEach(this::verdict);
            element("h2", "Gaps: " + log.object("gaps").text("answer"));
            paragraph(log.object("gaps").text("sentence"));
        }
        columns.addAll(logs.size() > 1 ? List.of(CallRow.LOG) : List.of());
        element("h2", "What cannot be known from this copy");
        items(head.texts("cannot_be_known"));
        counts(head.object("counts"));
        questions(head.object("questions"));
        list(head, "irreversible", "Attempts at what cannot be undone");
        list(head, "elevations", "Elevations of leases");
        list(head, "kills", "Kills and other stops, and their ends");
        list(head, "backups", "Proofs of backups");
        list(head, "drills", "Drills");
        head.optionalObject("seal_before")
                .ifPresent(seal -> paragraph("The seal in force at the beginning was "
                        + seal.optionalText("seal").orElse("unknown") + ", by " + seal.text("receipt") + "."));
        list(head, "seals", "Seals put in force");
        list(head, "leases", "Leases");
        list(head, "keys", "Keys of people");
        list(head, "texts", "Texts erased, and legal holds (without a signer, texts were erased by their age)");
        List<String> open = head.texts("calls_without_outcome");
        if (!open.isEmpty()) {
            element("h2", "Calls without an outcome: " + open.size());
            paragraph(String.join(", ", open));
        }
        element("h2", "Calls");
        table(columns);
    }

    private void log(Json.Members log) {
        paragraph("Log " + log.text("origin") + ", " + log.whole("receipts") + " receipts"
                + log.optionalText("first_at").map(at -> ", from " + at).orElse("")
                + log.optionalText("last_at").map(at -> " to " + at).orElse("") + ". Signed root " + log.text("root")
                + ".");
    }

    private void verdict(Json.Members verdict) {
        String answer = verdict.text("answer");
        out.print("<div class=\"verdict " + escaped(answer) + "\">");
        element("strong", verdict.text("sentence") + ": " + answer);
        List<Json.Members> problems = verdict.objects("problems");
        List<String> lines = new ArrayList<>();
        problems.stream().limit(MOST_PROBLEMS).forEach(problem -> lines.add(problem(problem)));
        if (problems.size() > MOST_PROBLEMS) {
            lines.add("and " + (problems.size() - MOST_PROBLEMS) + " more in the JSON");
        }
        List<String> missing = verdict.texts("missing_seals");
        if (!missing.isEmpty()) {
            lines.add("not checked for want of the seals " + String.join(", ", missing));
        }
        items(lines);
        out.println("</div>");
    }

    static String problem(Json.Members problem) {
        return problem.optionalText("receipt")
                        .orElseGet(() -> problem.text("file")
                                + problem.get("leaf")
                                        .map(leaf -> " leaf " + CallRow.plain(leaf))
                                        .orElse(""))
                + ": " + problem.text("problem");
    }

    private void counts(Json.Members counts) {
        element("h2", "Counts");
        List<String> lines = new ArrayList<>();
        counts.members().forEach((name, value) -> lines.add(CallRow.plain(value) + " " + name));
        items(lines);
    }

    private void questions(Json.Members questions) {
        element("h2", "Questions to people: " + questions.whole("asked"));
        paragraph(questions.whole("confirmed") + " confirmed, " + questions.whole("denied") + " denied, "
                + questions.whole("unanswered") + " unanswered, " + questions.whole("open")
                + " open where this copy ends."
                + questions
                        .get("median_seconds_to_answer")
                        .map(seconds -> " The median time to an answer was " + CallRow.plain(seconds) + " seconds.")
                        .orElse(""));
        List<Json.Members> listed = questions.objects("listed");
        if (!listed.isEmpty()) {
            table(List.of("time", "hold", "agent", "ended", "after", "signed by", "receipts"));
            listed.forEach(question -> out.print(row(List.of(
                    question.text("at"),
                    question.text("hold"),
                    question.optionalText("agent").orElse(""),
                    question.text("ended")
                            + question.optionalText("denied_by")
                                    .map(" by "::concat)
                                    .orElse(""),
                    question.get("answered_after_seconds")
                            .map(seconds -> CallRow.plain(seconds) + " s")
                            .orElse(""),
                    String.join(
                            "; ",
                            question.objects("signed_by").stream()
                                    .map(CallRow::approver)
                                    .toList()),
                    question.text("receipt")
                            + question.optionalText("answer_receipt")
                                    .map(id -> ", " + id)
                                    .orElse("")))));
            out.println("</tbody></table>");
        }
    }

    private void list(Json.Members head, String name, String title) {
        Json.Members list = head.object(name);
        element("h2", title + ": " + list.whole("count"));
        List<Json.Members> listed = list.objects("listed");
        if (listed.isEmpty()) {
            return;
        }
        table(List.of("time", "what", "receipt"));
        for (Json.Members entry : listed) {
            List<String> said = new ArrayList<>();
            Optional<String> command = entry.optionalText("command");
            command.ifPresent(said::add);
            entry.members().forEach((member, value) -> {
                if (!List.of("at", "receipt", "leaf", "command").contains(member)) {
                    said.add(member.replace('_', ' ') + " " + CallRow.plain(value));
                }
            });
            out.print(row(List.of(entry.text("at"), String.join(" · ", said), entry.text("receipt"))));
        }
        out.println("</tbody></table>");
        if (list.whole("count") > listed.size()) {
            paragraph("Only the first " + listed.size() + " are listed.");
        }
    }

    /** Returns the row of a call. Threading: any. */
    String call(Json.Members row) {
        Map<String, String> cells = CallRow.cells(row);
        return row(
                columns.stream().map(column -> cells.getOrDefault(column, "")).toList());
    }

    void end(Json.Members head) {
        out.println("</tbody></table>");
        element("h2", "What these records are usable for");
        paragraph("Records show that something happened. Whether that meets a requirement is for people to judge, and"
                + " this report says it of none.");
        table(List.of("framework", "clause", "asks", "usable: shown by", "lists above", "receipts, for example"));
        head.objects("usable_for")
                .forEach(use -> out.print(row(List.of(
                        use.text("framework"),
                        use.text("clause"),
                        use.text("asks"),
                        use.text("shown_by"),
                        String.join(", ", use.texts("lists")),
                        use.texts("receipts").isEmpty()
                                ? "none in this report"
                                : String.join(", ", use.texts("receipts"))))));
        out.println("</tbody></table></body></html>");
    }

    private static String row(List<String> cells) {
        return cells.stream()
                .map(cell -> "<td>" + escaped(cell) + "</td>")
                .collect(Collectors.joining("", "<tr>", "</tr>" + System.lineSeparator()));
    }

    private void table(List<String> head) {
        out.print("<table><thead><tr>");
        head.forEach(column -> element("th", column.replace('_', ' ')));
        out.println("</tr></thead><tbody>");
    }

    private void items(List<String> lines) {
        if (!lines.isEmpty()) {
            out.print("<ul>");
            lines.forEach(line -> element("li", line));
            out.println("</ul>");
        }
    }

    private void paragraph(String text) {
        element("p", text);
    }

    private void element(String name, String text) {
        out.print("<" + name + ">" + escaped(text) + "</" + name + ">");
    }
}
