package dev.interlock.setup;

import dev.interlock.setup.ListedTool.ToolHints;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a stranger's tool seems to do, by all that is said of it: the worst of what its name, its arguments, its
 * description and its hints say. Only where the name leaves it open, description or hint can make it a read, and then
 * {@code because} says so. A person checks it before it is sealed.
 *
 * @param because what says so, in words for that person; empty if the name plainly says it
 */
public record ToolJudgement(Effect effect, String because) {

    /** From the mildest to the worst. */
    public enum Effect {
        READS("reads", "[read], reversibility: reversible", ""),
        /** It adds or changes an ordinary record, and loses nothing. */
        CHANGES("changes", "[write], reversibility: reversible", ""),
        UNCLEAR(
                "asked: nobody knows what it does",
                "[destroy], reversibility: irreversible",
                "Does something that Interlock does not know."),
        LOSES("asked: something may be lost", "[destroy], reversibility: irreversible", "May lose what was there."),
        SENDS(
                "asked: it sends, publishes or spends",
                "[write], reversibility: irreversible",
                "May send, publish or spend something."),
        RIGHTS(
                "asked: it changes who may do what",
                "[privilege], reversibility: irreversible",
                "May change who may reach or do what."),
        REVEALS(
                "asked: it may reveal or make a credential",
                "[privilege], reversibility: irreversible",
                "May reveal or make a credential."),
        RUNS("asked: it runs something", "[execute], reversibility: irreversible", "Runs something.");

        private final String words;
        private final String impacts;
        private final String sentence;

        Effect(String words, String impacts, String sentence) {
            this.words = words;
            this.impacts = impacts;
            this.sentence = sentence;
        }

        public String words() {
            return words;
        }

        /** Returns whether no person is asked. */
        public boolean passes() {
            return this == READS || this == CHANGES;
        }

        /** Returns its members of a catalog file. */
        public String lines() {
            return "impacts: " + impacts + (sentence.isEmpty() ? "" : ", effect: \"" + sentence + '"');
        }
    }

    private static final Map<String, Effect> VERBS = Map.of(
            "reads", Effect.READS,
            "adds", Effect.CHANGES,
            "edits", Effect.CHANGES,
            "loses", Effect.LOSES,
            "sends", Effect.SENDS,
            "rights", Effect.RIGHTS,
            "reveals", Effect.REVEALS,
            "runs", Effect.RUNS);

    private static final Map<String, Effect> THINGS =
            Map.of("sends-of", Effect.SENDS, "rights-of", Effect.RIGHTS, "runs-of", Effect.RUNS);

    /** With one of these as a word, a tool does two things, and its name may begin with the harmless one. */
    private static final Set<String> JOINING = Set.of("and", "or", "then");

    /** `deleteall` deletes; `deleted` and `sender` say nothing. */
    private static final Pattern RUN_TOGETHER = Pattern.compile(
            "(?:delete|remove|destroy|purge|erase|wipe|truncate|send|publish|execute|revoke)(?!(?:e?d|e?rs?|e?s|als?|ing|able|ment)$)[a-z]{2,}");

    private static final Pattern CREDENTIAL = Pattern.compile(
            "\\b(?:kubeconfig|passwords?|passphrase|mnemonic|seed phrases?|(?:magic|login|signed|presigned) (?:link|url)s?|(?:sas|database) ur[il]s?|verification codes?|(?:vpn|wireguard|openvpn) configs?|dsns?|connection (?:string|uri|url)s?|env(?: (?:var|variable)s?)?|environment variables?|cookies?|dotenv|(?:local|session) ?storage|secret scanning alerts?|envs|(?:app|application|webapp) settings|appsettings|(?<!(?:template|schema|css|design|style) )(?:variable|var)s?|credentials?|secrets?|(?:recovery|backup) codes?|jwts?|otps?|totp|tokens?|nonces?"
                    // a key of some kind, but none of a table, a cache and their like
                    + "|(?!(?:primary|foreign|sort|partition|issue|project|public|cache|object|hash|map|config|registry|index|tag|label)\\b)\\w+ keys?)(?: (?:values?|strings?|data|versions?|content|text|plaintext|json|yaml|pairs?))?(?:$| (?:by|for|from|of|in|with|id)\\b.*)");

    private static final Pattern NO_CREDENTIAL = Pattern.compile(
            "\\b(?:metadata|without (?:the(?:ir)? )?values?|names only|blockchain|crypto|coins?|erc-?20|contract address|token (?:count|usage|price|holders?|balances?|supply))\\b",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern REVEALED = Pattern.compile(
            "\\b(?:kubeconfig|connection (?:string|uri|url)|plaintext|decrypted|secret values?|private keys?|client secrets?|passwords? (?:for|of)|credentials (?:for|of|to)|password manager|(?:items?|entr(?:y|ies)|logins?) (?:from|in|of) (?:your |the |a )?vault|vault (?:items?|entr(?:y|ies)|logins?)|access tokens? (?:for|of))\\b",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern LOST = Pattern.compile(
            "\\b(?:destructive|irreversibl[ey]|can(?:not|'t) be (?:undone|reversed|recovered)|permanently (?:delet|remov|eras|los)\\w*|overwrit\\w*)\\b",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern NEGATED = Pattern.compile(
            "(?:\\bnot?|non|n't|without|never|masked|redacted|instead of|unlike)[- ](?:\\w+ ){0,2}$",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern FILLER = Pattern.compile(
            "(?i)(?:\\b(?:this|tool|it|a|an|the|used?|to|allows?|you|lets?|can|will|for|when|api|endpoint|function|helper|simple|simply|quickly|easily|ability|agents?|users?|by)\\b|\\W)+");

    private static final int MAX_BEGINNING = 200;

    public static ToolJudgement of(ListedTool tool) {
        List<String> words = Words.split(tool.name());
        String speech = tool.text().strip();
        Optional<ToolJudgement> named = byName(words, tool);
        ToolJudgement first = named.filter(name -> !name.isDoubtful(words))
                .or(() -> bySpeech(speech).filter(told -> named.isEmpty() || told.effect == Effect.READS))
                .or(() -> named)
                .or(() -> byLittle(words, tool))
                .orElse(new ToolJudgement(Effect.UNCLEAR, "its name says too little"));
        List<ToolJudgement> all = new ArrayList<>(List.of(first));
        if (first.effect == Effect.READS) {
            byThing(words, speech).ifPresent(all::add);
            leading(speech).filter(told -> told.effect != Effect.READS).ifPresent(all::add);
        }
        if (first.effect == Effect.READS || first.effect == Effect.CHANGES) {
            said(LOST, speech, Effect.LOSES).ifPresent(all::add);
            ArgumentJudgement.of(tool, words, first.effect).forEach(all::add);
        }
        if (first.effect == Effect.CHANGES) {
            anywhere(speech).ifPresent(all::add);
        }
        byHints(tool.hints(), first.effect).ifPresent(all::add);
        return all.stream().max(Comparator.comparing(ToolJudgement::effect)).orElseThrow();
    }

    /** Returns what becomes of it, and what says so. */
    public String words() {
        return effect.words() + (because.isEmpty() ? "" : " (" + because + ")");
    }

    static ToolJudgement named(Effect effect, String word) {
        return new ToolJudgement(effect, "`" + word + "` in its name");
    }

    private static Effect verb(String word) {
        return VERBS.entrySet().stream()
                .filter(list -> Words.of(list.getKey()).contains(word))
                .map(Map.Entry::getValue)
                .max(Comparator.naturalOrder())
                .orElse(Effect.UNCLEAR);
    }

    static boolean isVerb(String word) {
        return verb(word) != Effect.UNCLEAR;
    }

    /** Returns whether {@code word} can be nothing but a verb that does more than read. */
    static boolean isPlainHarm(String word) {
        return isVerb(word) && verb(word) != Effect.READS && !Words.of("nouns").contains(word);
    }

    /** Returns whether {@code word} can be nothing but a verb that takes away, reaches others, or runs something. */
    static boolean isPlainLoss(String word) {
        return isPlainHarm(word) && verb(word) != Effect.CHANGES;
    }

    private static Optional<ToolJudgement> byName(List<String> words, ListedTool tool) {
        Optional<String> shell =
                words.stream().filter(Words.of("shells")::contains).findFirst();
        if (shell.isPresent()) {
            return shell.map(word -> named(Effect.RUNS, word));
        }
        Optional<String> together = words.stream()
                .filter(word -> RUN_TOGETHER.matcher(word).matches())
                .findFirst();
        if (together.isPresent()) {
            return together.map(word -> named(Effect.LOSES, word));
        }
        return words.stream().filter(ToolJudgement::isVerb).findFirst().map(verb -> byVerb(verb, words, tool));
    }

    private static ToolJudgement byVerb(String verb, List<String> words, ListedTool tool) {
        List<String> rest = words.subList(words.indexOf(verb) + 1, words.size());
        boolean isNoun = Words.of("nouns").contains(verb) && !rest.isEmpty();
        if ((isNoun && Words.of("ends").contains(rest.getLast()))
                || (isNoun
                        && rest.getLast().equals("read")
                        && !Words.of("edits").contains(verb))
                || (verb.equals("resolve") && rest.stream().anyMatch(Words.of("resolved")::contains))) {
            return new ToolJudgement(Effect.READS, "");
        }
        Optional<ToolJudgement> more = Stream.concat(
                        rest.stream().filter(ToolJudgement::isPlainHarm), joined(rest).stream())
                .map(word -> verb(word) == Effect.CHANGES ? named(Effect.UNCLEAR, word) : named(verb(word), word))
                .max(Comparator.comparing(ToolJudgement::effect));
        boolean isPhrase =
                verb.equals("check") && !rest.isEmpty() && rest.getFirst().matches("in|out");
        Effect effect = isPhrase ? Effect.UNCLEAR : verb(verb);
        ToolJudgement own = effect == Effect.CHANGES
                ? writing(verb, words, tool)
                : new ToolJudgement(effect, namedIfHarm(effect, verb));
        return more.filter(worse -> worse.effect.compareTo(own.effect) > 0).orElse(own);
    }

    private static String namedIfHarm(Effect effect, String verb) {
        return effect == Effect.READS ? "" : "`" + verb + "` in its name";
    }

    /** Returns the verbs after "and" and its like. */
    private static List<String> joined(List<String> words) {
        List<String> verbs = new ArrayList<>();
        for (int at = 0; at + 1 < words.size(); at++) {
            String next = words.get(at + 1);
            if (JOINING.contains(words.get(at)) && isVerb(next) && verb(next) != Effect.READS) {
                verbs.add(next);
            }
        }
        return verbs;
    }

    /** What adds and edits is judged by its things: ordinary records pass. */
    private static ToolJudgement writing(String verb, List<String> words, ListedTool tool) {
        List<String> things = words.stream()
                .filter(word -> !word.equals(verb))
                .map(Words::singular)
                .toList();
        Optional<ToolJudgement> credential = credential(words).map(name -> named(Effect.REVEALS, name));
        Optional<ToolJudgement> thing = THINGS.entrySet().stream()
                .flatMap(list -> things.stream()
                        .filter(Words.of(list.getKey())::contains)
                        .map(word -> named(list.getValue(), word)))
                .max(Comparator.comparing(ToolJudgement::effect));
        if (credential.isPresent() || thing.isPresent()) {
            return Stream.concat(credential.stream(), thing.stream())
                    .max(Comparator.comparing(ToolJudgement::effect))
                    .orElseThrow();
        }
        Optional<String> answer = Stream.concat(Stream.of(verb), things.stream())
                .filter(Words.of("answers")::contains)
                .findFirst();
        if (answer.isPresent() && Collections.disjoint(things, Words.of("internal"))) {
            return named(Effect.SENDS, answer.get());
        }
        List<String> records = things.stream()
                .filter(word -> Words.of("records").contains(word)
                        || (Words.of("added").contains(word) && Words.of("adds").contains(verb)))
                .toList();
        boolean isRecord = !records.isEmpty()
                && !(Words.of("any-kind").containsAll(records) && ArgumentJudgement.isOfAnyKind(tool));
        if (!isRecord && !Words.of("harmless").contains(verb)) {
            return new ToolJudgement(Effect.UNCLEAR, "`" + verb + "` in its name, of a thing that is not known");
        }
        return Words.of("edits").contains(verb) && !ArgumentJudgement.areNamedFields(tool)
                ? new ToolJudgement(Effect.LOSES, "`" + verb + "` in its name, of more than single fields")
                : new ToolJudgement(Effect.CHANGES, "");
    }

    private static Optional<String> credential(List<String> words) {
        int verb = words.stream()
                .filter(ToolJudgement::isVerb)
                .findFirst()
                .map(words::indexOf)
                .orElse(-1);
        List<String> after = words.subList(verb + 1, words.size());
        String things = (after.isEmpty() ? words.subList(0, Math.max(0, verb)) : after)
                .stream().filter(word -> !Words.of("reads").contains(word)).collect(Collectors.joining(" "));
        Matcher matcher = CREDENTIAL.matcher(things);
        return matcher.find()
                ? Optional.of(matcher.group().replaceAll(" (?:by|for|from|of|in|with|id)\\b.*", ""))
                : Optional.empty();
    }

    private static Optional<ToolJudgement> byThing(List<String> words, String speech) {
        return credential(words)
                .filter(_ -> !NO_CREDENTIAL.matcher(speech).find())
                .map(name -> named(Effect.REVEALS, name))
                .or(() -> said(REVEALED, speech, Effect.REVEALS));
    }

    /** Returns whether its verb may be a noun, as in `run_list` or `git_log`. */
    private boolean isDoubtful(List<String> words) {
        Optional<String> verb = words.stream().filter(ToolJudgement::isVerb).findFirst();
        return effect != Effect.READS
                && verb.filter(Words.of("nouns")::contains).isPresent()
                && (Words.of("reads").contains(words.getLast())
                        || Words.of("looks").contains(words.getLast())
                        || verb.filter(words.getLast()::equals).isPresent());
    }

    /** Where the name leaves it open: what the description says, if nothing in it does more than read. */
    private static Optional<ToolJudgement> bySpeech(String speech) {
        return leading(speech)
                .filter(told -> told.effect != Effect.READS || !doesMore(speech))
                .map(told -> told.effect == Effect.READS
                        ? new ToolJudgement(Effect.READS, "only its description says so")
                        : told);
    }

    /** Where no verb says anything: the last word of the name, or a hint. */
    private static Optional<ToolJudgement> byLittle(List<String> words, ListedTool tool) {
        if (doesMore(tool.text())) {
            return Optional.empty();
        }
        if (!words.isEmpty() && Words.of("looks").contains(words.getLast())) {
            return Optional.of(new ToolJudgement(Effect.READS, ""));
        }
        return tool.hints().reads()
                ? Optional.of(new ToolJudgement(Effect.READS, "only its hint `readOnlyHint` says so"))
                : Optional.empty();
    }

    private static Optional<ToolJudgement> leading(String speech) {
        String begin = speech.substring(0, Math.min(MAX_BEGINNING, speech.length()));
        String said = FILLER.splitAsStream(begin.replaceFirst("^[^|.]{0,40}[|] ?", ""))
                .filter(word -> !word.isBlank())
                .findFirst()
                .orElse("");
        String first = said.strip().toLowerCase(Locale.ROOT);
        if (Words.of("tells").contains(Words.singular(first))) {
            return Optional.of(new ToolJudgement(Effect.READS, ""));
        }
        String word = Words.basic(first, ToolJudgement::isVerb);
        return isVerb(word)
                ? Optional.of(new ToolJudgement(
                        verb(word) == Effect.CHANGES ? Effect.UNCLEAR : verb(word),
                        "its description says `" + word + "`"))
                : Optional.empty();
    }

    private static boolean doesMore(String speech) {
        return Words.split(speech).stream()
                .map(word -> Words.basic(word, ToolJudgement::isPlainHarm))
                .anyMatch(ToolJudgement::isPlainHarm);
    }

    /** Returns the worst that a verb in the description says, wherever it stands. */
    private static Optional<ToolJudgement> anywhere(String speech) {
        return Words.split(speech).stream()
                .map(word -> Words.basic(word, ToolJudgement::isPlainLoss))
                .filter(ToolJudgement::isPlainLoss)
                .map(word -> new ToolJudgement(verb(word), "its description says `" + word + "`"))
                .max(Comparator.comparing(ToolJudgement::effect));
    }

    private static Optional<ToolJudgement> said(Pattern pattern, String speech, Effect effect) {
        Matcher matcher = pattern.matcher(speech);
        while (matcher.find()) {
            if (!NEGATED.matcher(speech.substring(Math.max(0, matcher.start() - 40), matcher.start()))
                    .find()) {
                return Optional.of(new ToolJudgement(effect, "its description says `" + matcher.group() + "`"));
            }
        }
        return Optional.empty();
    }

    private static Optional<ToolJudgement> byHints(ToolHints hints, Effect effect) {
        if (hints.destroys()) {
            return Optional.of(new ToolJudgement(Effect.LOSES, "its hint `destructiveHint` says so"));
        }
        return hints.changes() && effect == Effect.READS
                ? Optional.of(new ToolJudgement(Effect.UNCLEAR, "its hint says that it is no mere read"))
                : Optional.empty();
    }
}
