package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.Arrays;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Something that a person should know now.
 *
 * @param rule which kind of thing it is
 * @param severity how loud
 * @param summary one plain sentence; no secret
 * @param facts names and values that help to act on it; no secret (a fingerprint, never what it is of)
 * @param receipt the receipt that proves it, if there is one
 */
public record Alert(Rule rule, Severity severity, String summary, Map<String, String> facts, Optional<String> receipt) {

    /** What alerts are about. */
    public enum Rule {
        /** An attempt carried a credential that is no lease. */
        FOREIGN_CREDENTIAL,
        /** A call carries a decoy, and the seal lets it through. */
        DECOY_SEEN,
        /** People are asked to confirm something. */
        HOLD_OPENED,
        /** Nobody confirmed something in time, or nobody used the confirmation. */
        HOLD_EXPIRED,
        /** Nobody has answered for a while, and the next group hears of it. */
        HOLD_ESCALATED,
        /** Somebody signed sooner than anybody can have read. */
        HASTY_SIGNATURE,
        /** Somebody has signed as often as one person may within an hour. */
        SIGNATURE_LIMIT,
        /** Somebody stood in, alone, for what policy asks for, tried to, or nobody has looked at that since. */
        BREAK_GLASS,
        /** Where one person owns everything, they signed something. */
        SIGNED_ALONE,
        /** Policy refused something that destroys. */
        DENIED_DESTROY,
        /** A call may or may not have happened. */
        UNKNOWN_OUTCOME,
        /** Receipts cannot be written, or do not verify. */
        LEDGER_TROUBLE,
        /** The end of a lease, or a kill, cannot be written to the store. */
        STORE_TROUBLE,
        /** The process that keeps the credentials is gone or incoherent. */
        KEYS_TROUBLE,
        /** Somebody who may not use the administrative socket tried to. */
        ADMIN_REFUSED,
        /** Another seal is in force. */
        SEAL_CHANGED,
        /** The seal in force is about to expire, or has. */
        SEAL_EXPIRES,
        /** A lease was used at another place than its own. */
        LEASE_MISPLACED,
        /** Somebody ended a lease at once, stopped something until it is lifted, or lifted that. */
        KILL,
        /** The seal lets through what nobody has permitted. */
        OBSERVING,
        /** Somebody let what was destroyed be written to again. */
        FREEZE,
        /** A passkey was made in somebody's name, and waits for their signature. */
        PASSKEY_WAITING,
        /** A passkey signed with a counter that it had passed before. */
        PASSKEY_COPIED,
        /** Somebody gave up a passkey, for good. */
        PASSKEY_REVOKED,
        /** A forbidden action that the gateway sent itself was not refused as it must be. */
        PROBE,
        /** A budget or a sequence was reached. */
        VELOCITY,
        /** The ledger's copy elsewhere does not follow. */
        REPLICA_TROUBLE,
        /** A backup is worth nothing, or something could not be brought back as it should. */
        BACKUP_TROUBLE,
        /** A run ended without closing its place. */
        RUN_LOST,
        /** What a session recorded was refused a receipt. */
        SESSION_REFUSED,
        /** The console does not listen, and somebody else may answer in its place. */
        CONSOLE_TROUBLE,
        /** Nobody has looked in time whether an agent still is what it should be. */
        REVIEW_OVERDUE,
        /** Alerts do not reach whom they should. */
        ALERTS_TROUBLE;

        /** The word used in messages, and in seals. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The rule with {@code word}.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Rule of(String word) {
            return only(values(), Rule::word, word);
        }
    }

    /** How loud. */
    public enum Severity {
        INFO,
        WARNING,
        ALARM;

        /** The word used in messages, and in seals. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The severity with {@code word}.
         *
         * @throws IllegalArgumentException if there is none
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

    /** The fact that names a hold. */
    public static final String HOLD = "hold";

    /** In characters. A person reads a line or two, and an agent may decide what is in it. */
    public static final int MAX_TEXT = 2_000;

    public Alert {
        summary = shortened(summary);
        Map<String, String> all = new TreeMap<>(facts);
        all.replaceAll((_, value) -> shortened(value));
        facts = Collections.unmodifiableMap(all);
    }

    private static String shortened(String text) {
        return Plain.shortened(text, MAX_TEXT);
    }

    /** Alerts with the same key within a short time are one alert: the receipt is not part of it. */
    public String key() {
        return rule.word() + " " + severity.word() + " " + summary + " " + facts;
    }

    /** The same as JSON. */
    public Json.Members canonical() {
        Json.Members values = Json.object();
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            values = values.with(printable(fact.getKey()), printable(fact.getValue()));
        }
        Json.Members members = Json.object()
                .with("rule", rule.word())
                .with("severity", severity.word())
                .with("summary", printable(summary))
                .with("facts", values);
        return receipt.isPresent() ? members.with("receipt", receipt.get()) : members;
    }

    /** One line for a terminal. */
    public String line() {
        return "interlock: " + severity.word() + ": " + rule.word() + ": " + printable(summary) + " "
                + printable(facts.toString())
                + receipt.map(id -> " [" + id + "]").orElse("");
    }

    // Facts may hold an agent's words: no line break, escape sequence or direction change may reach a terminal.
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Plain.is(c) ? c : 0xFFFD)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
