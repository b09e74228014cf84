package dev.interlock.evidence;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The questions that people were asked, by hold, and how each ended. */
final class ReportQuestions {

    private static final String UNANSWERED = "unanswered";
    private static final String OPEN = "open";

    private static final class Question {
        private final Json.Members asked;
        private final Instant at;
        private final boolean isListed;
        private final List<Json.Members> signed = new ArrayList<>();
        private final Set<String> checkedKeys = new HashSet<>();
        private final Optional<Instant> expires;
        private String end = "";
        private Optional<Receipt> answer = Optional.empty();

        private Question(Receipt receipt, boolean isListed) {
            this.asked = Json.object()
                    .with("hold", receipt.hold().orElseThrow())
                    .with("receipt", receipt.id())
                    .with("at", receipt.at().toString())
                    .withOptional("agent", receipt.agent());
            this.at = receipt.at();
            this.expires = expires(receipt);
            this.isListed = isListed;
        }

        /** No verifier judges this member, so it can be anything. */
        private static Optional<Instant> expires(Receipt receipt) {
            try {
                return Optional.of(new StrictFields(receipt.members()).instant("expires"));
            } catch (MalformedException e) {
                return Optional.empty();
            }
        }

        private void end(String how, Receipt by) {
            if (answer.filter(earlier -> !by.at().isBefore(earlier.at())).isEmpty()) {
                end = how;
                answer = Optional.of(by);
            }
        }

        private Optional<Long> seconds() {
            return answer.map(
                    receipt -> Math.max(0, Duration.between(at, receipt.at()).toSeconds()));
        }

        /** A question that nobody answers has no further receipt. */
        private String endAt(Optional<Instant> last) {
            boolean isOpen =
                    last.isPresent() && expires.filter(last.get()::isBefore).isPresent();
            return !end.isEmpty() ? end : isOpen ? OPEN : UNANSWERED;
        }

        private boolean isChecked(Json.Members by) {
            return by.optionalText("key").filter(checkedKeys::contains).isPresent();
        }

        private Json.Members json(Optional<Instant> last) {
            Json.Members json = asked.with("ended", endAt(last))
                    .withItems("signed_by", signed.stream().map(by -> by.with("checked", isChecked(by))))
                    .withOptional(
                            "denied_by",
                            answer.filter(by -> end.equals("denied"))
                                    .flatMap(by -> by.members().textIfAny("peer")))
                    .withOptional("answer_receipt", answer.map(Receipt::id));
            return seconds()
                    .map(seconds -> json.with("answered_after_seconds", seconds))
                    .orElse(json);
        }
    }

    private final Map<String, Question> byHold = new LinkedHashMap<>();
    private final Set<String> seen = new HashSet<>();
    /** What answers a question in another log. */
    private final Map<String, List<Receipt>> early = new HashMap<>();

    /** Takes a receipt of any log, once. */
    void accept(Receipt receipt, Predicate<Receipt> isListed) {
        Optional<String> hold = receipt.hold();
        if (hold.isEmpty() || !seen.add(receipt.id())) {
            return;
        }
        if (receipt.kind() == Receipt.Kind.HELD || receipt.isAct("elevation.ask")) {
            byHold.putIfAbsent(hold.get(), new Question(receipt, isListed.test(receipt)));
            Optional.ofNullable(early.remove(hold.get()))
                    .ifPresent(answers -> answers.forEach(answer -> answer(byHold.get(hold.get()), answer)));
        } else if (byHold.containsKey(hold.get())) {
            answer(byHold.get(hold.get()), receipt);
        } else {
            early.computeIfAbsent(hold.get(), first -> new ArrayList<>()).add(receipt);
        }
    }

    private static void answer(Question question, Receipt receipt) {
        if (receipt.isAct("hold.sign")) {
            sign(question, receipt);
        } else if (receipt.isAct("hold.deny") && receipt.members().get("result").isEmpty()) {
            question.end("denied", receipt);
        } else if (receipt.kind() == Receipt.Kind.INTENT || receipt.isAct("elevation.give")) {
            question.end("confirmed", receipt);
        }
    }

    private static void sign(Question question, Receipt receipt) {
        Json.Members members = receipt.members();
        if (members.get("result").equals(Optional.of(new Json.Text("accepted")))) {
            question.signed.add(claimed(members).with("receipt", receipt.id()));
            if (members.get("complete").equals(Optional.of(new Json.Flag(true)))) {
                question.end("confirmed", receipt);
            }
        }
    }

    /** Returns who signed by the word of the gateway alone. */
    private static Json.Members claimed(Json.Members act) {
        return Json.object()
                .with(
                        "person",
                        act.textIfAny("signer").or(() -> act.textIfAny("peer")).orElse("unknown"))
                .with("key_class", KeyClass.attested(act.textIfAny("key_class")))
                .withOptional("key", act.textIfAny("key"))
                .with("checked", false);
    }

    /** Takes what the verifier found of the signatures that {@code hold} has. */
    void check(String hold, ConfirmationResult result) {
        Optional.ofNullable(byHold.get(hold))
                .ifPresent(question -> result.signers().forEach(signer -> question.checkedKeys.add(signer.key())));
    }

    List<Json.Members> signers(String hold) {
        Question question = byHold.get(hold);
        return question == null ? List.of() : question.signed;
    }

    /** Returns the questions as they stand at {@code last}, where the copy ends. */
    Json.Members json(Optional<Instant> last) {
        Map<String, Long> ended = new LinkedHashMap<>();
        List<Long> seconds = new ArrayList<>();
        List<Question> listed =
                byHold.values().stream().filter(question -> question.isListed).toList();
        listed.forEach(question -> {
            ended.merge(question.endAt(last), 1L, Long::sum);
            question.seconds().ifPresent(seconds::add);
        });
        seconds.sort(null);
        Json.Members json = Json.object()
                .with("asked", listed.size())
                .with("confirmed", ended.getOrDefault("confirmed", 0L))
                .with("denied", ended.getOrDefault("denied", 0L))
                .with(UNANSWERED, ended.getOrDefault(UNANSWERED, 0L))
                .with(OPEN, ended.getOrDefault(OPEN, 0L))
                .withItems(
                        "listed", listed.stream().limit(ReportPass.MOST_LISTED).map(question -> question.json(last)));
        return seconds.isEmpty() ? json : json.with("median_seconds_to_answer", seconds.get(seconds.size() / 2));
    }

    List<String> receipts() {
        return byHold.values().stream()
                .filter(question -> question.isListed)
                .map(question -> question.asked.text("receipt"))
                .toList();
    }
}
