package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import java.util.Arrays;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A message that a person should see now.
 *
 * @param summary one plain sentence; no secret
 * @param facts names and values that help to act on it; no secret (a fingerprint, never what it is of)
 * @param receipt the receipt that proves it, if there is one
 */
public record Alert(
        AlertKind rule, Severity severity, String summary, Map<String, String> facts, Optional<String> receipt) {

    /** An alert without a receipt. */
    public Alert(AlertKind rule, Severity severity, String summary, Map<String, String> facts) {
        this(rule, severity, summary, facts, Optional.empty());
    }

    public enum AlertKind {
        /** An attempt carried a credential that is no lease. */
        FOREIGN_CREDENTIAL,
        /** A call contains a decoy, and the seal lets it through. */
        DECOY_SEEN,
        /** People are asked to confirm something. */
        HOLD_OPENED,
        /** Nobody confirmed something in time, or nobody used the confirmation. */
        HOLD_EXPIRED,
        /** Nobody has answered for a while, and the next group is notified. */
        HOLD_ESCALATED,
        /** Somebody signed sooner than anybody could have read the request. */
        HASTY_SIGNATURE,
        /** Somebody has signed as often as one person may within an hour. */
        SIGNATURE_LIMIT,
        /** The only owner of everything signed something. */
        SIGNED_ALONE,
        /** Policy refused something that destroys. */
        DENIED_DESTROY,
        /** A call may or may not have happened. */
        UNKNOWN_OUTCOME,
        /** Receipts cannot be written, or do not verify. */
        LEDGER_TROUBLE,
        /** The end of a lease, or a kill, cannot be written to the store. */
        STORE_TROUBLE,
        /** The store was older than the ledger, and what it had forgotten was restored. */
        STORE_BEHIND,
        /** The clock went back, or is far from where it was: calls or confirmations are refused until it is right. */
        CLOCK_TROUBLE,
        /** The process that holds the credentials is gone or inconsistent. */
        KEYS_TROUBLE,
        /** The server of an upstream accepts its OAuth grant no more. */
        GRANT_ENDED,
        /** Somebody without permission tried to use the administrative socket. */
        ADMIN_REFUSED,
        /** Another seal is in force, or one that waited for the start was rejected. */
        SEAL_CHANGED,
        /** The seal in force is about to expire, or has. */
        SEAL_EXPIRES,
        /** The certificate of the gateway or of a remote machine is about to expire, or has. */
        CERTIFICATE_EXPIRES,
        /** A lease was used at another place than its own. */
        LEASE_MISPLACED,
        /** Somebody ended a lease at once, stopped something until further notice, or lifted such a stop. */
        KILL,
        /** The seal lets through actions that nobody has permitted (observe mode). */
        OBSERVING,
        /** Somebody allowed writes again to something that was destroyed. */
        FREEZE,
        /** A passkey was made in somebody's name, and waits for their signature. */
        PASSKEY_WAITING,
        /** A passkey signed with a counter that it had already used. */
        PASSKEY_COPIED,
        /** Somebody revoked a passkey. */
        PASSKEY_REVOKED,
        /** A forbidden action that the gateway itself sent as a probe was not refused. */
        PROBE,
        /** A budget or a sequence was reached. */
        VELOCITY,
        /** The ledger's replica does not follow. */
        REPLICA_TROUBLE,
        /** A witness has seen another history of the ledger, or does not cosign. */
        WITNESS_TROUBLE,
        /** A backup is unusable, or a restore did not work as it should. */
        BACKUP_TROUBLE,
        /** A run ended without closing its listener. */
        RUN_LOST,
        /** The digest of a session's recording did not get a receipt. */
        SESSION_REFUSED,
        /** The console does not listen, and another program may answer in its place. */
        CONSOLE_TROUBLE,
        /** A server says something else of a tool than a person has sealed. */
        TOOL_CHANGED,
        /** An agent's review date has passed. */
        REVIEW_OVERDUE,
        /** Alerts do not reach their receivers. */
        ALERTS_TROUBLE;

        /** The name in messages and in seals. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Returns the rule with the name {@code word}; throws {@link IllegalArgumentException} if there is none. */
        public static AlertKind of(String word) {
            return only(values(), AlertKind::word, word);
        }
    }

    public enum Severity implements Keyword {
        INFO,
        WARNING,
        ALARM;

        /**
         * Returns the severity with the name {@code word}; throws {@link IllegalArgumentException} if there is none.
         */
        public static Severity of(String word) {
            return only(values(), Severity::word, word);
        }
    }

    private static <T> T only(T[] values, Function<T, String> words, String word) {
        return Arrays.stream(values)
                .filter(value -> words.apply(value).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "it is one of `" + Arrays.stream(values).map(words).collect(Collectors.joining("`, `")) + "`"));
    }

    /** The name of the fact that contains a hold's id. */
    public static final String HOLD = "hold";

    /** The maximum length in characters. A person reads a line or two, and an agent may choose the text. */
    public static final int MAX_TEXT = 2_000;

    public Alert {
        summary = shortened(summary);
        Map<String, String> all = new TreeMap<>(facts);
        all.replaceAll((_, value) -> shortened(value));
        facts = Collections.unmodifiableMap(all);
    }

    private static String shortened(String text) {
        return VisibleText.shortened(text, MAX_TEXT);
    }

    /**
     * The key for deduplication: alerts with the same key within a short time are one alert. The receipt is not part of
     * it.
     */
    public String key() {
        return rule.word() + " " + severity.word() + " " + summary + " " + facts;
    }

    public Json.Members canonical() {
        Json.Members values = Json.object();
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            values = values.with(printable(fact.getKey()), printable(fact.getValue()));
        }
        return Json.object()
                .with("rule", rule.word())
                .with("severity", severity.word())
                .with("summary", printable(summary))
                .with("facts", values)
                .withOptional("receipt", receipt);
    }

    public String line() {
        return "interlock: " + severity.word() + ": " + rule.word() + ": " + printable(summary) + " "
                + printable(facts.toString())
                + receipt.map(id -> " [" + id + "]").orElse("");
    }

    // Facts may contain an agent's text. No line break, escape sequence or direction change may reach a terminal.
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> VisibleText.isVisible(c) ? c : 0xFFFD)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
