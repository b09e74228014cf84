package dev.interlock.system;

import dev.interlock.evidence.Receipt;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What clients asked a fleet, what arrived at the service behind it, and what the fleet wrote down, each with its times
 * by one monotonic clock. Each call but copies of a confirmed one has an order of its own, by which it is found again.
 *
 * <p>A confirmation is a register that is set once, and a limit is a counter with an end. So linearizability needs no
 * search: an order of the operations exists exactly if at most one use took effect, or as many counted calls as the
 * limit has, and if no operation was told a state that no earlier or concurrent one can have brought about.
 *
 * @param limit how many writes each lease may do
 */
record CallHistory(
        List<Call> calls,
        List<Arrival> arrivals,
        List<Signature> signatures,
        List<Kill> kills,
        List<Receipt> receipts,
        int limit) {

    /** How long a kill may take until every gateway obeys it. */
    static final Duration KILL_BOUND = Duration.ofSeconds(1);

    /** The words by which a gateway refuses what a limit does not permit. */
    static final String LIMITED = "The budget `writes`";

    private static final Pattern ORDER = Pattern.compile("order/(o-[0-9a-z]+)");

    /** One request, with the answer's status; 0 if none came. */
    record Call(
            String order, String method, String agent, String lease, long began, long ended, int status, String text) {

        boolean isAnsweredByService() {
            return text.contains(SERVICE_WORD);
        }
    }

    /** What every answer of the service contains, and no gateway's. */
    static final String SERVICE_WORD = "the-service-says";

    record Arrival(String order, String method, long at) {}

    /** A signature under the hold of {@code order}: from when on it may count. */
    record Signature(String order, long began) {}

    record Kill(String agent, long acknowledged) {}

    /** What is wrong with it; each begins with the kind of promise. */
    List<String> violations() {
        List<String> found = new ArrayList<>();
        consumption(found);
        limits(found);
        kills(found);
        evidence(found);
        return found;
    }

    private void consumption(List<String> found) {
        Map<String, List<Arrival>> destroyed = new TreeMap<>();
        arrivals.stream()
                .filter(arrival -> arrival.method.equals("DELETE"))
                .forEach(arrival -> destroyed
                        .computeIfAbsent(arrival.order, _ -> new ArrayList<>())
                        .add(arrival));
        destroyed.forEach((order, all) -> {
            List<Signature> signed =
                    signatures.stream().filter(one -> one.order.equals(order)).toList();
            if (all.size() > signed.size()) {
                found.add("consumption: " + all.size() + " deletions of " + order + " arrived with " + signed.size()
                        + " confirmations");
            }
            if (signed.stream().noneMatch(one -> one.began < all.getFirst().at)) {
                found.add("consumption: " + order + " was deleted before anybody signed");
            }
        });
        Set<String> used = new HashSet<>();
        Map<String, List<Receipt>> outcomes = outcomes();
        for (Receipt intent : intents(receipt -> receipt.hold().isPresent())) {
            boolean isMaybeSent = outcomes.getOrDefault(intent.id(), List.of()).stream()
                    .noneMatch(outcome -> isResult(outcome, Receipt.Result.REFUSED));
            if (isMaybeSent && !used.add(intent.hold().orElseThrow())) {
                found.add("consumption: the logs have two uses of "
                        + intent.hold().orElseThrow());
            }
        }
    }

    private void limits(List<String> found) {
        Map<String, List<Call>> writes = new TreeMap<>();
        Map<String, Integer> arrived = new HashMap<>();
        arrivals.forEach(arrival -> arrived.merge(arrival.order, 1, Integer::sum));
        calls.stream()
                .filter(call -> call.method.equals("POST"))
                .forEach(call -> writes.computeIfAbsent(call.lease, _ -> new ArrayList<>())
                        .add(call));
        writes.forEach((lease, all) -> {
            int counted = all.stream()
                    .mapToInt(call -> arrived.getOrDefault(call.order, 0))
                    .sum();
            if (counted > limit) {
                found.add("limit: " + counted + " writes of one lease arrived, of " + limit);
            }
            for (Call refused : all) {
                long possible = all.stream()
                        .filter(call -> call.began < refused.ended && !call.text.contains(LIMITED))
                        .count();
                if (refused.text.contains(LIMITED) && possible < limit) {
                    found.add("limit: refused after at most " + possible + " writes, of " + limit);
                }
            }
        });
    }

    private void kills(List<String> found) {
        for (Kill kill : kills) {
            long bound = kill.acknowledged + KILL_BOUND.toNanos();
            for (Call call : calls) {
                boolean isLate = call.agent.equals(kill.agent) && call.began > bound;
                if (isLate && arrivals.stream().anyMatch(arrival -> isOf(arrival, call) && arrival.at >= call.began)) {
                    found.add("kill: " + call.method + " " + call.order + " began "
                            + (call.began - kill.acknowledged) / 1_000_000
                            + " ms after the kill, and arrived");
                }
            }
        }
    }

    private static boolean isOf(Arrival arrival, Call call) {
        return arrival.order.equals(call.order) && arrival.method.equals(call.method);
    }

    /** Returns how many nanoseconds after the kill the last call of its agent arrived, whenever that began. */
    OptionalLong latest() {
        return kills.stream()
                .flatMapToLong(kill -> calls.stream()
                        .filter(call -> call.agent.equals(kill.agent))
                        .flatMapToLong(call -> arrivals.stream()
                                .filter(arrival -> isOf(arrival, call))
                                .mapToLong(arrival -> arrival.at - kill.acknowledged)))
                .max();
    }

    private List<Receipt> intents(Predicate<Receipt> which) {
        return receipts.stream()
                .filter(receipt -> receipt.kind() == Receipt.Kind.INTENT && which.test(receipt))
                .toList();
    }

    private Map<String, List<Receipt>> outcomes() {
        Map<String, List<Receipt>> all = new HashMap<>();
        receipts.forEach(receipt -> receipt.intent()
                .filter(_ -> receipt.kind() == Receipt.Kind.OUTCOME)
                .ifPresent(intent ->
                        all.computeIfAbsent(intent, _ -> new ArrayList<>()).add(receipt)));
        return all;
    }

    private static boolean isResult(Receipt outcome, Receipt.Result result) {
        return outcome.result().equals(Optional.of(result));
    }

    /** Each arrival has an intent, and each intent one outcome that tells the truth. */
    private void evidence(List<String> found) {
        Map<String, List<Receipt>> outcomes = outcomes();
        Map<String, Integer> sent = new HashMap<>();
        Map<String, Integer> done = new HashMap<>();
        Set<String> ids = new HashSet<>();
        for (Receipt intent : intents(_ -> true)) {
            List<Receipt> ends = outcomes.getOrDefault(intent.id(), List.of());
            if (ends.size() != 1 || !ids.add(intent.id())) {
                found.add("evidence: the intent " + intent.id() + " has " + ends.size() + " outcomes, not one");
            }
            Matcher order = ORDER.matcher(new String(intent.canonical(), StandardCharsets.UTF_8));
            if (order.find()) {
                boolean isRefused = ends.stream().anyMatch(end -> isResult(end, Receipt.Result.REFUSED));
                boolean isDone = ends.stream().anyMatch(end -> isResult(end, Receipt.Result.DONE));
                sent.merge(order.group(1), isRefused ? 0 : 1, Integer::sum);
                done.merge(order.group(1), isDone ? 1 : 0, Integer::sum);
            }
        }
        Map<String, Integer> arrived = new TreeMap<>();
        arrivals.forEach(arrival -> arrived.merge(arrival.order, 1, Integer::sum));
        arrived.forEach((order, count) -> {
            if (count > sent.getOrDefault(order, 0)) {
                found.add("evidence: " + count + " calls of " + order + " arrived, and the logs have "
                        + sent.getOrDefault(order, 0) + " that may have been sent");
            }
        });
        done.forEach((order, count) -> {
            if (count > arrived.getOrDefault(order, 0)) {
                found.add("evidence: the logs say that " + order + " was done, and it did not arrive");
            }
        });
        calls.stream()
                .filter(Call::isAnsweredByService)
                .filter(call -> !arrived.containsKey(call.order))
                .forEach(call -> found.add("evidence: an answer to " + call.order + ", which did not arrive"));
    }
}
