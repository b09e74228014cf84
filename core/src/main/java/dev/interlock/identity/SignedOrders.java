package dev.interlock.identity;

import dev.interlock.action.ClockWatch;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SealDocument;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Checks what people sign to undo a protection: to lift a kill or a freeze, or to confirm the clock.
 *
 * <p>A statement needs no nonce: what it undoes has an identifier that is never used again, or is undone by the first.
 *
 * @param isKilled tells whether signatures of a person do not count now
 */
public record SignedOrders(PersonSignatures signatures, Predicate<String> isKilled, InstantSource clock) {

    /** Long enough to fetch a hardware key, short enough that nobody uses yesterday's statement. */
    static final Duration SIGNING_TIME = Duration.ofMinutes(10);

    /**
     * What a person may order: the statement without seal and times, in its own SSHSIG namespace; who may order it
     * without being an owner; and an agent that could use this person's software key to undo what stopped it.
     */
    public record Order<T>(
            T subject,
            String namespace,
            String name,
            Json.Members content,
            Predicate<String> mayToo,
            Function<String, Optional<String>> agentOf) {}

    public sealed interface OrderResult<T> {
        record SignedOrder<T>(T subject, String person, String key, KeyClass keyClass) implements OrderResult<T> {}

        record DeniedOrder<T>(String reason) implements OrderResult<T> {}
    }

    /** Returns the canonical JSON that orders it, to be signed within ten minutes. */
    public byte[] prepare(Seal seal, Order<?> order) {
        return statement(seal, order, now());
    }

    private static byte[] statement(Seal seal, Order<?> order, Instant opened) {
        return order.content()
                .with("seal", seal.id())
                .with("opened_at", opened.toString())
                .with("expires", opened.plus(SIGNING_TIME).toString())
                .canonical();
    }

    /** Checks a signed statement; {@code find} finds what it is about. */
    public <T> OrderResult<T> check(
            Seal seal,
            byte[] statement,
            String signature,
            Function<Json.Members, Optional<Order<T>>> find,
            Function<Json.Members, String> gone) {
        try {
            Json.Members asked = Json.readObject(statement);
            Optional<Order<T>> order = find.apply(asked);
            return order.isEmpty()
                    ? new OrderResult.DeniedOrder<>(gone.apply(asked))
                    : check(seal, order.get(), statement, signature, Instant.parse(asked.text("opened_at")));
        } catch (IllegalArgumentException | DateTimeException e) {
            return new OrderResult.DeniedOrder<>("The statement cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return new OrderResult.DeniedOrder<>("The signature does not count: " + e.getMessage() + ".");
        }
    }

    private <T> OrderResult<T> check(Seal seal, Order<T> order, byte[] statement, String signature, Instant opened)
            throws BadSignatureException {
        // It must equal, byte by byte, what this order and this seal produce. Nothing else of it needs a check.
        if (!Arrays.equals(statement, statement(seal, order, opened))) {
            return new OrderResult.DeniedOrder<>(
                    "The statement does not match " + order.name() + " and the seal in force; request it again.");
        }
        if (now().isBefore(opened.minus(ClockWatch.TOLERANCE)) || !now().isBefore(opened.plus(SIGNING_TIME))) {
            return new OrderResult.DeniedOrder<>(
                    "The time to sign it has expired, or the clock was set meanwhile; request it again.");
        }
        PersonSignatures.VerifiedPersonSignature signed =
                signatures.verify(seal, order.namespace(), statement, signature);
        return objection(order, signed)
                .<OrderResult<T>>map(OrderResult.DeniedOrder::new)
                .orElseGet(() -> new OrderResult.SignedOrder<>(
                        order.subject(), signed.person().name(), signed.key(), signed.keyClass()));
    }

    // Two rules: a killed person's signature does not count, and nobody's does by a key within reach of an agent that
    // gains by it.
    private Optional<String> objection(Order<?> order, PersonSignatures.VerifiedPersonSignature signed) {
        String person = signed.person().name();
        if (isKilled.test(person)) {
            return Optional.of("`" + person + "` is stopped by a kill, and their signature does not count.");
        }
        if (!mayOrder(signed.person(), order)) {
            return Optional.of("`" + person + "` is not in `" + SealDocument.OWNERS + "`.");
        }
        return signed.keyClass() == KeyClass.SOFTWARE
                ? order.agentOf().apply(person).map(agent -> softwareKey(person, agent))
                : Optional.empty();
    }

    private static boolean mayOrder(Seal.Person person, Order<?> order) {
        return person.groups().contains(SealDocument.OWNERS) || order.mayToo().test(person.name());
    }

    /** Returns in words whose signature counts for {@code order}, and by which key; empty if nobody's does. */
    public Optional<String> signers(Seal seal, Order<?> order) {
        return seal.people().values().stream()
                .filter(person -> !isKilled.test(person.name()) && mayOrder(person, order))
                .map(person -> "`" + person.name() + "`"
                        + order.agentOf()
                                .apply(person.name())
                                .map(_ -> " (with a hardware key, or with a passkey in the console)")
                                .orElse(""))
                .sorted()
                .reduce((one, other) -> one + " or " + other);
    }

    private static String softwareKey(String person, String agent) {
        return "`" + person + "` owns `" + agent
                + "`, which may be able to use their software key: sign with a passkey in the console (the first is made by `sudo interlock key invite "
                + person + "`) or with a hardware key, or ask another person.";
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
