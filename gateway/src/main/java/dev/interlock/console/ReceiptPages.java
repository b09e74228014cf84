package dev.interlock.console;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pages about the ledger: what was requested, decided and done, and the proof that it is recorded. */
final class ReceiptPages {

    private static final int PAGE = 50;
    /** The receipts of an export that are read at once. */
    private static final long EXPORTED = 500;

    record KindChoice(String word, String label) {}

    static final List<KindChoice> KINDS = List.of(
            new KindChoice("", "all"),
            new KindChoice("intent", "permitted"),
            new KindChoice("outcome", "what became of it"),
            new KindChoice("held", "held"),
            new KindChoice("refused", "refused"),
            new KindChoice("admin", "administration"));

    /** The search criteria. */
    record Query(String agent, String person, String kind, String lease, String from, String until) {

        static Query of(ConsoleRequest request) {
            return new Query(
                    request.field("agent").orElse(""),
                    request.field("person").orElse(""),
                    request.field("kind").orElse(""),
                    request.field("lease").orElse(""),
                    request.field("from").orElse(""),
                    request.field("until").orElse(""));
        }

        EvidenceQuestion.FindReceipts question(Optional<String> before, long limit) {
            return new EvidenceQuestion.FindReceipts(
                    given(agent),
                    given(person),
                    given(kind),
                    given(lease),
                    given(from).map(at -> instant("from", at)),
                    given(until).map(at -> instant("until", at)),
                    before,
                    Optional.of(limit),
                    Optional.empty());
        }

        private static Optional<String> given(String value) {
            return value.isEmpty() ? Optional.empty() : Optional.of(value);
        }

        /** Completes a browser's date and time, which has neither seconds nor a zone. It counts as UTC here. */
        private static Instant instant(String field, String at) {
            String seconds = at.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d") ? at + ":00" : at;
            try {
                return Instant.parse(seconds.endsWith("Z") ? seconds : seconds + "Z");
            } catch (DateTimeException e) {
                throw new IllegalArgumentException("`" + field + "` must be a time such as 2026-11-20T12:00:00Z", e);
            }
        }

        String before(String receipt) {
            return at("/receipts", receipt);
        }

        String at(String path) {
            return at(path, "");
        }

        private String at(String path, String receipt) {
            Map<String, String> fields = Map.of(
                    "agent", agent, "person", person, "kind", kind, "lease", lease, "from", from, "until", until,
                    "before", receipt);
            return path + "?"
                    + fields.entrySet().stream()
                            .filter(entry -> !entry.getValue().isEmpty())
                            .map(entry ->
                                    entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                            .sorted()
                            .collect(Collectors.joining("&"));
        }
    }

    /** A member of a receipt. The members of a nested one have lines of their own. */
    record Member(String name, String value, boolean isLong) {}
    /** An argument of the call of which the receipt has only a digest, and its text if it is still kept. */
    record TextView(String name, String text) {}

    ConsoleAnswer list(ConsoleRequest request) throws AdminRefusedException {
        Query query = Query.of(request);
        EvidenceQuestion.Receipts page = request.ask(query.question(request.field("before"), PAGE + 1L));
        List<Json.Members> found = page.receipts();
        List<String> gaps = page.gaps().orElse(List.of()).stream()
                .map(DisplayText::sentence)
                .toList();
        List<ReceiptRow> rows = found.stream().limit(PAGE).map(ReceiptRow::of).toList();
        Optional<String> older =
                found.size() > PAGE ? Optional.of(query.before(rows.getLast().id())) : Optional.empty();
        boolean isLatest = request.field("before").isEmpty();
        Layout layout = new Layout("Receipts", "/receipts", request.session());
        return ConsoleAnswer.page((output, none) -> JtereceiptsGenerated.render(
                output, none, layout, query, rows, page.logs().isPresent(), gaps, older, isLatest));
    }

    ConsoleAnswer csv(ConsoleRequest request) throws AdminRefusedException {
        List<Json.Members> newest = exported(request, Optional.empty());
        return new ConsoleAnswer.Download("receipts.csv", "text/csv; charset=utf-8", out -> {
            out.write(CsvRow.of(CsvRow.COLUMNS));
            export(request, newest, receipt -> out.write(CsvRow.of(receipt)));
        });
    }

    ConsoleAnswer jsonLines(ConsoleRequest request) throws AdminRefusedException {
        List<Json.Members> newest = exported(request, Optional.empty());
        return new ConsoleAnswer.Download("receipts.jsonl", "application/jsonl", out -> {
            export(request, newest, receipt -> {
                out.write(receipt.canonical());
                out.write('\n');
            });
        });
    }

    /** Returns matching receipts. The first are read before the file begins, so that a mistake is told in a page. */
    private static List<Json.Members> exported(ConsoleRequest request, Optional<String> before)
            throws AdminRefusedException {
        return request.ask(Query.of(request).question(before, EXPORTED)).receipts();
    }

    private static void export(ConsoleRequest request, List<Json.Members> newest, ReceiptWriter writer)
            throws IOException {
        List<Json.Members> found = newest;
        try {
            while (!found.isEmpty()) {
                for (Json.Members receipt : found) {
                    writer.write(receipt);
                }
                found = exported(request, Optional.of(found.getLast().text("id")));
            }
        } catch (AdminRefusedException e) {
            throw new IOException("the receipts cannot be read to their end", e);
        }
    }

    private interface ReceiptWriter {
        void write(Json.Members receipt) throws IOException;
    }

    ConsoleAnswer show(ConsoleRequest request) throws AdminRefusedException {
        EvidenceQuestion.ShownReceipt shown = request.ask(new EvidenceQuestion.ShowReceipt(request.id()));
        Json.Members receipt = shown.receipt();
        Optional<Json.Members> other = shown.other();
        ReceiptRow row = other.filter(end -> end.text("kind").equals("outcome"))
                .map(end -> ReceiptRow.of(receipt).ended(end))
                .orElseGet(() -> ReceiptRow.of(receipt));
        Optional<ReceiptRow> beside = other.map(ReceiptRow::of);
        List<Member> members = members(receipt);
        List<String> policies =
                receipt.get("policies").isPresent() ? DisplayText.texts(receipt, "policies") : List.of();
        List<String> signatures = signatures(receipt);
        List<TextView> texts = texts(receipt, new KeptTexts(shown.texts().orElse(List.of())));
        Layout layout = new Layout("Receipt " + receipt.text("id"), "/receipts", request.session());
        String seal = DisplayText.text(receipt, "seal");
        return ConsoleAnswer.page((output, none) -> JtereceiptGenerated.render(
                output, none, layout, row, beside, members, policies, seal, signatures, texts));
    }

    private static List<TextView> texts(Json.Members receipt, KeptTexts kept) {
        Json.Members meaning = receipt.optionalObject("confirmation")
                .map(confirmation -> confirmation.object("statement").object("meaning"))
                .orElse(receipt);
        return meaning.get("actions").isEmpty()
                ? List.of()
                : meaning.objects("actions").stream()
                        .filter(action -> action.get("facts").isPresent())
                        .flatMap(action -> action.objects("facts").stream())
                        .filter(fact -> SaltedText.isDigest(fact.text("value")))
                        .map(fact -> new TextView(
                                DisplayText.text(fact, "name"), DisplayText.text(kept.shown(fact.text("value")))))
                        .toList();
    }

    private static List<Member> members(Json.Members receipt) {
        List<Member> members = new ArrayList<>();
        receipt.members().forEach((name, value) -> {
            boolean isLong = value instanceof Json.Members || value instanceof Json.Array;
            members.add(new Member(
                    DisplayText.text(name), isLong ? DisplayText.indented(value) : DisplayText.value(value), isLong));
        });
        return members;
    }

    private static List<String> signatures(Json.Members receipt) {
        return receipt.get("confirmation").isPresent()
                ? receipt.object("confirmation").texts("signatures").stream()
                        .map(DisplayText::lines)
                        .toList()
                : List.of();
    }

    ConsoleAnswer proof(ConsoleRequest request) throws AdminRefusedException {
        EvidenceQuestion.ProvenReceipt proved = request.ask(new EvidenceQuestion.ProveReceipt(request.id()));
        Json.Members proof = proved.proof();
        // The bytes are as the log has them: the browser hashes exactly these.
        return new ConsoleAnswer.Data(
                Json.object()
                        .with("entry", proof.object("receipt").canonicalText())
                        .with("index", proof.whole("index"))
                        .withTexts("path", proof.texts("path"))
                        .with("checkpoint", proof.text("checkpoint"))
                        .with("key", proved.logKey()),
                List.of());
    }
}
