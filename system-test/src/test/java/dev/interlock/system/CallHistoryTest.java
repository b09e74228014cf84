package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests that the checker of histories notices each broken promise, and nothing else. */
final class CallHistoryTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final List<CallHistory.Call> calls = new ArrayList<>();
    private final List<CallHistory.Arrival> arrivals = new ArrayList<>();
    private final List<CallHistory.Signature> signatures = new ArrayList<>();
    private final List<CallHistory.Kill> kills = new ArrayList<>();
    private final List<Receipt> receipts = new ArrayList<>();
    private int ids;

    private String violations() {
        return new CallHistory(calls, arrivals, signatures, kills, receipts, 2)
                .violations().stream()
                        .map(each -> each.replaceFirst(":.*", ""))
                        .distinct()
                        .collect(Collectors.joining(" "));
    }

    private void call(String order, String method, long began, String text) {
        calls.add(new CallHistory.Call(order, method, "sam/bot", "L", began, began + 10, 200, text));
    }

    private void arrive(String order, String method, long at) {
        arrivals.add(new CallHistory.Arrival(order, method, at));
    }

    private String receipt(String kind, Json.Members members) {
        String id = "R-%026d".formatted(ids++);
        receipts.add(Receipt.of(members.with("type", "interlock-receipt@v1")
                .with("id", id)
                .with("kind", kind)
                .with("at", "2026-11-20T12:00:00Z")
                .with("origin", "a.example/b")));
        return id;
    }

    private void end(String intent, String result) {
        receipt("outcome", Json.object().with("intent", intent).with("result", result));
    }

    private void logged(String order, String result) {
        end(receipt("intent", Json.object().with("resource", "shop:order/" + order)), result);
    }

    /** The same of a call that people have confirmed. */
    private void confirmedAndLogged(String order, String result) {
        Json.Members intent =
                Json.object().with("resource", "shop:order/" + order).with("hold", "H-" + order);
        end(receipt("intent", intent), result);
    }

    /** A write that arrived, with everything that belongs to it. */
    private void write(String order, long began) {
        call(order, "POST", began, CallHistory.SERVICE_WORD);
        arrive(order, "POST", began + 5);
        logged(order, "done");
    }

    private void confirmed(String order) {
        signatures.add(new CallHistory.Signature(order, 1));
        call(order, "DELETE", 5, CallHistory.SERVICE_WORD);
        arrive(order, "DELETE", 7);
        confirmedAndLogged(order, "done");
    }

    @Test
    void whatIsAsPromisedIsGood() {
        confirmed("o-1");
        call("o-1", "DELETE", 6, "");
        confirmedAndLogged("o-1", "refused");
        write("o-2", 20);
        write("o-3", 30);
        call("o-4", "POST", 40, CallHistory.LIMITED);
        kills.add(new CallHistory.Kill("sam/bot", 50));
        read("o-5", SECOND + 49);
        call("o-6", "GET", 2 * SECOND, "");
        logged("o-7", "unknown"); // it did not arrive: nobody knew
        assertThat(violations()).isEmpty();
    }

    private void read(String order, long began) {
        call(order, "GET", began, CallHistory.SERVICE_WORD);
        arrive(order, "GET", began + 5);
        logged(order, "done");
    }

    @Test
    void aConfirmationThatIsUsedTwiceIsFound() {
        confirmed("o-1");
        arrive("o-1", "DELETE", 9);
        logged("o-1", "unknown");
        assertThat(violations()).isEqualTo("consumption");
    }

    @Test
    void twoUsesInTheLogsAreFound() {
        confirmed("o-1");
        confirmedAndLogged("o-1", "unknown");
        assertThat(violations()).isEqualTo("consumption");
    }

    @Test
    void aDeletionBeforeItsSignatureIsFound() {
        confirmed("o-1");
        signatures.set(0, new CallHistory.Signature("o-1", 8));
        assertThat(violations()).isEqualTo("consumption");
    }

    @Test
    void aWriteBeyondTheLimitIsFound() {
        write("o-1", 1);
        write("o-2", 2);
        write("o-3", 3);
        assertThat(violations()).isEqualTo("limit");
    }

    @Test
    void aRefusalThatNoOrderExplainsIsFound() {
        write("o-1", 1);
        call("o-2", "POST", 5, CallHistory.LIMITED);
        call("o-3", "POST", 16, ""); // it began after that answer
        assertThat(violations()).isEqualTo("limit");
    }

    @Test
    void aCallThatBeginsLateAfterItsKillIsFound() {
        kills.add(new CallHistory.Kill("sam/bot", 0));
        write("o-1", SECOND + 1);
        assertThat(violations()).isEqualTo("kill");
    }

    @Test
    void anArrivalWithoutAnIntentIsFound() {
        call("o-1", "GET", 1, "");
        arrive("o-1", "GET", 2);
        assertThat(violations()).isEqualTo("evidence");
        logged("o-1", "refused");
        assertThat(violations()).isEqualTo("evidence");
    }

    @Test
    void anIntentWithoutAnEndOrWithTwoIsFound() {
        String intent = receipt("intent", Json.object());
        assertThat(violations()).isEqualTo("evidence");
        end(intent, "unknown");
        assertThat(violations()).isEmpty();
        end(intent, "unknown");
        assertThat(violations()).isEqualTo("evidence");
    }

    @Test
    void aFalseSuccessIsFound() {
        logged("o-1", "done");
        assertThat(violations()).isEqualTo("evidence");
    }
}
