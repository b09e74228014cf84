package dev.interlock.catalog;

import dev.interlock.action.SealedBots;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds what machines may take for a command in a text that people read: by its form, not by the names of bots. Hidden
 * comments and blocks of code count, because bots read the text as it was written. It takes time in proportion to the
 * text.
 */
final class CommandScanner {

    /**
     * What a text says to machines.
     *
     * @param isCommand whether a line has the form of a command
     * @param mentioned the accounts that it mentions, in lower case, which may be bots; without those in code, which
     *     are parts of a language
     * @param coded the accounts that code in it would mention, and those whose profile it names, for those who know
     *     which of them are bots
     * @param identified the accounts that it mentions by an identifier, which says nothing of what they are
     */
    record ScannedText(boolean isCommand, Set<String> mentioned, Set<String> coded, Set<String> identified) {

        private static final ScannedText NOTHING = new ScannedText(false, Set.of(), Set.of(), Set.of());

        /**
         * Returns whether it names an account that is a bot: by the form of its name, because somebody knows it, or as
         * far as an identifier tells.
         */
        boolean names(Predicate<String> isKnown) {
            return names(isKnown, _ -> false);
        }

        /** Returns the same, without accounts that are people because somebody says so. */
        boolean names(Predicate<String> isKnown, Predicate<String> isPerson) {
            return Stream.concat(mentioned.stream(), coded.stream())
                            .anyMatch(name -> isKnown.test(name) || (isBotName(name) && !isPerson.test(name)))
                    || !identified.stream().allMatch(isPerson);
        }
    }

    /**
     * The beginning of a line, without the marks in front.
     *
     * @param isPlain whether these were none of a list, a heading or emphasis
     */
    private record LineHead(String text, boolean isPlain) {}

    /** Begins a mention by an identifier, as Notion writes one. */
    static final String MENTION = "user://";

    /** A line is a command only by its beginning. */
    private static final int HEAD = 300;

    /** No command has more words that are not arguments. */
    private static final int MOST_WORDS = 8;

    private static final int LONGEST_NAME = 39;

    private static final String SIGNS = "/!.#$%&+=~^?:;,-";

    /** What a command does to infrastructure. */
    private static final Set<String> VERBS = words("apply apply! approve approve_policies autofix autosquash backport"
            + " cherrypick deploy destroy noop promote reapply rebase rebuild recheck reconcile recreate redeploy"
            + " releases:rollback rerun retest retrigger reverify rollback shipit undeploy");

    /** The same, of words that are nouns as often: they need an argument. */
    private static final Set<String> NOUNS = words("build bump cancel check confirm delegate delete describe discard"
            + " down enable disable drain exec fix import install kill launch lock merge migrate open plan provision"
            + " publish purge push queue release remove reset restart resume retry revert review rm rollout run scale"
            + " ship snapshot squash start status stop suspend sync test trigger try unlock up update upgrade");

    /** Nouns that need none behind the name of a tool. */
    private static final Set<String> BARE = words("down plan up");

    /** A text that is nothing but one of these is a command. */
    private static final Set<String> LONE =
            words("apply approve deploy destroy merge recheck redeploy rerun retest reverify rollback shipit :shipit:");

    /** The same with the name of what is tested. */
    private static final Set<String> RETESTS = words("recheck retest reverify");

    /** A text that is nothing but one of these answers what waits for people. */
    private static final Set<String> ANSWERS = words("approved lgtm yes");

    /** What commands with a slash anywhere in a line, beside the verbs. They only add. */
    private static final Set<String> SLASHED = words("lgtm merge oc ok-to-test opencode publish release ship sweep");

    /** Words in front of a path: a method of HTTP, or where something is. */
    private static final Set<String> BEFORE_PATHS =
            words("at delete get head in into on options patch" + " post put see to under via");

    /** What may stand behind a verb of a command that names nothing else. */
    private static final Set<String> OBJECTS = words("all again everything it me now please pls that this to on in into"
            + " canary dev development live main master preprod preview prod production qa sandbox stable stage staging"
            + " test testing trunk uat");

    /** Those of them that are places where something runs. */
    private static final Set<String> ENVIRONMENTS =
            words("canary dev development live preprod preview prod production" + " qa sandbox stage staging uat");

    /** Words that only sentences have. */
    private static final Set<String> PROSE = words("a about after an and any are as at be because been before behind"
            + " blocks breaks broken but by can can't could crashes cannot did didn't do does doesn't don't each error"
            + " errors every fail failed failing fails failure for forever gets had hangs has have he how i if ignored"
            + " instead is isn't its just let let's may maybe might missing more most must my needs never next no not"
            + " nothing of off only or our page process seems she should shows since slow so some still stuck such than"
            + " the their them then there they though timeout times too until was wasn't we were what when where"
            + " whether which while who why will with without won't works would wrong you your yet");

    /** Words in front of a verb that make a sentence, or are types of commits. */
    private static final Set<String> SUBJECTS = words("i you he she it we they this that these those who to please"
            + " pls not don't do let's lets let just then first next last new now auto also never always only and or"
            + " should must can could will would may might shall need needs want wants did does ready before after"
            + " the a an my our your its their no non pre post re another each every some any all both one per via"
            + " feat fix docs doc chore ci perf style refactor test tests build revert release wip add adds added"
            + " update use uses using allow make makes improve support enable disable remove drop avoid ask asks"
            + " back break bring bump catch clean close cool end follow grow hang hold key level line link log look"
            + " mark mix move nail open page pick pin pop pull push read roll round run scale scroll set shut sign slow"
            + " speed spin stand start step sum tear tidy top warm wind work wrap write dry test trial");

    /** Programs that comments command, as far as they are widely used: they only add. */
    private static final Set<String> BOTS =
            words("atlantis bors devinai digger env0 homu hubot jenkins packit prow scalr spacelift"
                    + " terrateam zuul kodiak mergify");

    /** Accounts of bots and agents whose names have no form of their own. They only add. */
    private static final Set<String> ACCOUNTS = words("bors chatgpt chatgpt-codex-connector claude codex coderabbitai"
            + " cursor dependabot devin ellipsis-dev gemini github-actions google-labs-jules greptileai jules kodiakhq"
            + " mergify mergifyio openhands renovate sweep sweepai");

    /** Agents that are called by their names, as people are. They only add. */
    private static final Set<String> AGENTS = words("chatgpt claude codex copilot cursor devin gemini jules openhands");

    /** What agents are told to do, beside the verbs of infrastructure. */
    private static final Set<String> ERRANDS =
            words("add change close commit continue create do drop edit execute finish"
                    + " go implement make move rebase refactor rename reply rewrite use write");

    /** Verbs that are commands even if somebody asks politely, or names a version. */
    private static final Set<String> RELEASES = words("deploy destroy promote redeploy rollback undeploy");

    /** Verbs that command with nothing but a place, or a number: what is done to what runs, and carries commits. */
    private static final Set<String> OPERATIONS = words(
            "backport cherrypick disable down drain kill provision reset" + " restart scale start stop suspend up");

    private static final Set<String> POLITE = words("kindly please pls plz");

    /** Programs that build and publish, and what they do beyond the machine. They only add. */
    private static final Set<String> PACKAGERS =
            words("bun cargo docker dotnet gem gradle hatch lerna make mvn npm nuget"
                    + " pnpm podman poetry rake twine uv yarn");

    private static final Set<String> PUBLISHING =
            words("deploy destroy promote publish push release rollback unpublish upload yank");

    /** Lines that command, and have no form of their own. They only add. */
    private static final Set<String> PHRASES = Set.of("ok to test", "add to whitelist", "test this please");

    /** Programs that people run, and repositories run by comments: they only add. */
    private static final Set<String> TOOLS = words("argo argocd cdk flux fly flyctl gh helm heroku kubectl netlify"
            + " pulumi railway serverless sls terraform terragrunt tf tofu vercel");

    /** The letters that what commands begins with, apart from signs. */
    private static final Set<String> STARTS = Stream.of(
                    VERBS.stream(),
                    NOUNS.stream(),
                    LONE.stream(),
                    ANSWERS.stream(),
                    PHRASES.stream(),
                    PUBLISHING.stream(),
                    words("cherry delegate p r re review roll rollup run ship sweep treeclosed").stream())
            .flatMap(words -> words)
            .map(word -> word.substring(0, lettersFrom(word, 0)))
            .collect(Collectors.toUnmodifiableSet());

    private static final int LONGEST_START =
            STARTS.stream().mapToInt(String::length).max().orElseThrow();

    /** Directories at the root of systems, which are no commands. */
    private static final Set<String> ROOTS = words("app bin boot data dev etc home lib lib64 mnt opt proc root run sbin"
            + " srv sys tmp usr var workspace workspaces");

    private static final Pattern SLASH =
            Pattern.compile("/([\\p{L}][\\p{L}\\p{N}_.:+-]{0,31})(?=[\\s,;!?`*|<)]|$|/)(/)?");
    private static final Pattern NAME = Pattern.compile("[\\p{L}][\\p{L}\\p{N}_-]*");
    private static final Pattern DOT = Pattern.compile("[.]([a-z][a-z0-9_-]{1,31})(?=\\s|[`*]|$)");
    private static final Pattern BANG = Pattern.compile("!([a-z][a-z0-9_-]{1,31})(?=\\s|[`*]|$)");
    private static final Pattern SIGN =
            Pattern.compile("[!./#$%&+=~^?:;,-]([\\p{L}][\\p{L}\\p{N}_-]{1,31})(?=[\\s,;!?`*]|$)");
    private static final Pattern ADDRESS =
            Pattern.compile("@[\\p{L}\\p{N}][\\p{L}\\p{N}_./-]{0,80}(?:\\[bot])?[\\s:,]+(.*)");
    private static final Pattern FILE = Pattern.compile(".*(?:ignore|config|rc|env|keep|attributes|modules|lock)"
            + "|git|github|ssh|aws|vscode|idea|htaccess|d|js|ts|py|md|yml|yaml|json|toml|net|node");
    private static final Pattern TAG = Pattern.compile("<[A-Za-z/!][^<>\\n]{0,300}>");
    private static final Pattern MARK =
            Pattern.compile("(?:[-*+]|\\d{1,9}[.)])\\s+(?:\\[[ xX]]\\s+)?|\\|\\s*|#{1,6}\\s+");
    private static final Pattern CALL = Pattern.compile(
            "(?:(hey|hi|hello|ok|okay|yo|dear)[\\s,]+)?([a-z]+)\\b(\\s*[,:!])?\\s*"
                    + "(?:(?:kindly|please|pls|plz|now|just|(?:can|could|would|will) you)[\\s,]+){0,3}([a-z]+)\\b.*",
            Pattern.CASE_INSENSITIVE);
    /** A ticked box with a hidden mark: a bot looks for its mark, and does what the box offers. */
    private static final Pattern TICKED = Pattern.compile(
            "^[ \\t>]*+(?:[-*+]|\\d{1,9}+[.)])[ \\t]++\\[[xX]]"
                    + "(?:[ \\t]*+<!--|[^\\n\\r]{1,300}?<!--[ \\t]*+(?=[^\\s>]{0,99}[=:_{/-])[^\\s>]{2,99}[ \\t]*-->)",
            Pattern.MULTILINE);

    /** A tag in a title that starts a release: with what is released, or behind the title. In front it is a scope. */
    private static final Pattern TAGGED = Pattern.compile(
            "\\[[ \\t]*(?:" + String.join("|", RELEASES)
                    + ")(?:[ \\t:=_-]{1,9}[^\\s\\[\\]()]{1,60}[ \\t]*](?![(\\[])|[ \\t]*]\\s*$)",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern VERSION = Pattern.compile("v?\\d[\\w.+-]*");
    private static final Pattern OPTION = Pattern.compile("(?:r|delegate|p|review|rollup|treeclosed)[+=-]\\S*");
    private static final Pattern LINK = Pattern.compile("https?://[A-Za-z0-9-]++(?:[.][A-Za-z0-9-]++)++[/?#]");
    private static final Pattern ENTITY = Pattern.compile("&(?:#(\\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\\w{2,8}));");
    private static final Pattern BLANK = Pattern.compile("\\s+");
    private static final Pattern BOT = Pattern.compile(
            ".+[-_.](?:bot|agent|ai|ci|ops|app)\\d*|(?:bot|agent|ai)[-_].+|.*(?:bot|agent|copilot)\\d*|.*[-_.](?:bot|agent|ai)[-_.].*|.*\\[bot]");

    /** Mentions by an identifier: as Slack and Discord write them, as editors do, and as Notion does. */
    private static final Pattern IDENTIFIED =
            Pattern.compile("<@!?([UWB][A-Z0-9]{5,20}|[0-9]{5,20})(?:[|][^<>]{0,100})?>"
                    + "|@\\[[^\\[\\]]{0,100}]\\(([^()\\s]{1,200})\\)"
                    + "|(?i:" + MENTION + ")([\\p{L}\\p{N}_-]{1,100})");

    /** The address of a person's or an agent's profile, of which Linear makes a mention. */
    private static final Pattern PROFILE =
            Pattern.compile("(?i)linear[.]app/[^/\\s]{1,100}/profiles/([\\p{L}\\p{N}_.-]{1,100})");

    private static final Pattern OPAQUE = Pattern.compile("(?i:[0-9a-f-]{20,})|[UWB][A-Z0-9]{5,20}");

    private static final Pattern BREAKS = Pattern.compile("[\\n\\r\\u000B\\f\\u0085\\u2028\\u2029]|<!--|-->");

    private final Set<String> mentioned = new LinkedHashSet<>();
    private final Set<String> coded = new LinkedHashSet<>();
    private final Set<String> identified = new LinkedHashSet<>();
    private boolean isCommand;

    private CommandScanner() {}

    private static Set<String> words(String text) {
        return Set.copyOf(new LinkedHashSet<>(Arrays.asList(text.split(" "))));
    }

    /** Returns whether a line of a text is one of the commands of {@code bots}. */
    static boolean hasLine(String text, boolean isWritten, SealedBots bots) {
        return !bots.commands().isEmpty()
                && (isWritten || !isWord(text))
                && BREAKS.splitAsStream(plain(text))
                        .flatMap(TAG::splitAsStream)
                        .map(line -> head(line).text())
                        .anyMatch(bots::isCommand);
    }

    private static boolean isWord(String text) {
        return text.length() < HEAD && text.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '-');
    }

    /** Scans a text that may be one of a few words that a provider knows, so that a single word is no command. */
    static ScannedText scanValue(String text) {
        return isWord(text) ? ScannedText.NOTHING : scan(text);
    }

    /** Scans a text that people have written. */
    static ScannedText scan(String text) {
        if (isPlainProse(text)) {
            return ScannedText.NOTHING;
        }
        CommandScanner scanner = new CommandScanner();
        scanner.read(plain(text));
        return new ScannedText(scanner.isCommand, scanner.mentioned, scanner.coded, scanner.identified);
    }

    /**
     * Returns whether one pass over the characters shows that the text commands and mentions nobody: it has no sign at
     * the beginning of a word, nothing that is written in another way, and each line that has a verb is a sentence.
     */
    private static boolean isPlainProse(String text) {
        int line = 0; // where it begins
        int words = 0;
        boolean hasVerb = false;
        boolean isSentence = false;
        for (int at = 0; at < text.length(); ) {
            char c = text.charAt(at);
            if (c == '\n' || c == '\r') {
                if (hasVerb && !isSentence) {
                    return false;
                }
                line = ++at;
                words = 0;
                hasVerb = false;
                isSentence = false;
            } else if (c == ' ' || c == '\t') {
                at++;
            } else {
                int letters = lettersFrom(text, at);
                int end = endOfWord(text, at);
                if (end < 0 || (letters == at && !Character.isDigit(c))) {
                    return false;
                }
                boolean isInHead = end - line < HEAD;
                if (letters > at && letters - at <= LONGEST_START) {
                    String word = text.substring(at, letters).toLowerCase(Locale.ROOT);
                    hasVerb |= STARTS.contains(word);
                    isSentence |= isInHead && letters == end && PROSE.contains(word);
                    if (word.equals("sweep") || AGENTS.contains(word)) {
                        return false;
                    }
                }
                words += letters > at && isInHead ? 1 : 0;
                isSentence |= words > MOST_WORDS;
                at = end;
            }
        }
        return !hasVerb || isSentence;
    }

    private static int lettersFrom(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) < 0x80 && Character.isLetter(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /** Returns the end of the word at {@code from}, or -1 if it has a sign that may hide or begin another one. */
    private static int endOfWord(String text, int from) {
        int end = from;
        while (end < text.length() && " \t\n\r".indexOf(text.charAt(end)) < 0) {
            char c = text.charAt(end);
            boolean isAddress = (c == '/' && text.regionMatches(true, end, "/profiles/", 0, 10))
                    || (c == ':' && text.regionMatches(true, end - 4, MENTION, 0, 7));
            if (c <= ' ' || c >= 0x7F || "@&<>\\`".indexOf(c) >= 0 || isAddress) {
                return -1;
            }
            end++;
        }
        return end;
    }

    /** Returns whether an account of this name is a bot by the form of its name. */
    static boolean isBotName(String name) {
        String folded = name.toLowerCase(Locale.ROOT);
        int part = folded.indexOf('-');
        return ACCOUNTS.contains(folded)
                || (part > 0 && ACCOUNTS.contains(folded.substring(0, part)))
                || ((folded.contains("bot")
                                || folded.contains("agent")
                                || folded.contains("copilot")
                                || folded.chars().anyMatch(c -> "-_.".indexOf(c) >= 0))
                        && BOT.matcher(folded).matches());
    }

    /** Returns whether a name of an account is an identifier, which says nothing of what the account is. */
    static boolean isIdentifier(String name) {
        return OPAQUE.matcher(name.strip()).matches();
    }

    private void read(String text) {
        List<String> lines = List.of(BREAKS.split(text));
        long count = lines.stream()
                .filter(line -> !line.isBlank() && !isFence(line.strip()))
                .limit(3)
                .count();
        boolean isShort = count < 3;
        boolean isFirst = true;
        isCommand = TICKED.matcher(text).find();
        String fence = "";
        for (String line : lines) {
            String bare = line.strip();
            if (isFence(bare) && (fence.isEmpty() || bare.startsWith(fence))) {
                fence = fence.isEmpty() ? bare.substring(0, 3) : "";
            }
            mentions(line, !fence.isEmpty());
            for (String part : bare.indexOf('<') < 0 ? List.of(bare) : Arrays.asList(TAG.split(bare))) {
                if (!isCommand && !part.isBlank()) {
                    isCommand = isCommand(part, isFirst, !fence.isEmpty() && !isShort)
                            || (count == 1 && (isPublishing(head(part)) || isAnswer(head(part))));
                    isFirst = false;
                }
            }
        }
    }

    private static boolean isFence(String line) {
        return line.startsWith("```") || line.startsWith("~~~");
    }

    private static boolean isCommand(String line, boolean isFirst, boolean isCode) {
        LineHead head = head(line);
        return head.text().regionMatches(true, 0, "sweep:", 0, 6)
                || isSigned(head.text(), isFirst, isCode)
                || isSignedWithin(line)
                || (!isCode && line.indexOf('[') >= 0 && TAGGED.matcher(line).find())
                || isAddressed(head.text())
                || (!isCode && isCalled(head.text()))
                || isSpoken(head.text(), head.isPlain(), isCode);
    }

    private static LineHead head(String line) {
        boolean isPlain = true;
        String head = line.substring(0, Math.min(line.length(), HEAD)).strip();
        for (int before = -1; before != head.length(); ) {
            before = head.length();
            boolean mayBeMark = !head.isEmpty() && (isIn("-*+|#", head) || Character.isDigit(head.charAt(0)));
            Matcher mark = MARK.matcher(mayBeMark ? head : "");
            if (head.startsWith(">") || head.startsWith("`")) {
                head = head.substring(1).strip();
            } else if (mark.lookingAt()) {
                isPlain = false;
                head = head.substring(mark.end()).strip();
            } else if (head.startsWith("*") || head.startsWith("_") || head.startsWith("~~")) {
                isPlain = false;
                head = head.substring(1).strip();
            }
        }
        return new LineHead(head, isPlain);
    }

    /** Returns whether it begins with a sign that bots listen to. */
    private static boolean isSigned(String line, boolean isFirst, boolean isCode) {
        if (!isIn(SIGNS, line)) {
            return false;
        }
        Matcher slash = SLASH.matcher(line);
        if (slash.lookingAt()) {
            String word = slash.group(1).toLowerCase(Locale.ROOT);
            return isVerb(word) || (slash.group(2) == null && (isCode ? isSlashed(word) : !ROOTS.contains(word)));
        }
        Matcher sign = SIGN.matcher(line);
        if (sign.lookingAt() && VERBS.contains(sign.group(1).toLowerCase(Locale.ROOT))) {
            return true;
        }
        int words = BLANK.split(line).length;
        Matcher bang = BANG.matcher(line);
        if (bang.lookingAt()) {
            return !bang.group(1).equals("important")
                    && words <= MOST_WORDS
                    && line.chars().noneMatch(c -> "&|=?{".indexOf(c) >= 0);
        }
        Matcher dot = DOT.matcher(line);
        return dot.lookingAt()
                && isFirst
                && (isVerb(dot.group(1))
                        ? words <= MOST_WORDS
                        : words <= 3 && !FILE.matcher(dot.group(1)).matches());
    }

    /** Returns whether a command with a slash stands within it: some bots look for that anywhere. */
    private static boolean isSignedWithin(String line) {
        for (int at = line.indexOf('/', 1); at >= 0; at = line.indexOf('/', at + 1)) {
            if (Character.isWhitespace(line.charAt(at - 1))) {
                Matcher slash = SLASH.matcher(line).region(at, Math.min(line.length(), at + 40));
                if (slash.lookingAt()
                        && slash.group(2) == null
                        && (isSlashed(slash.group(1).toLowerCase(Locale.ROOT)) || isAtEnd(line, at))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isSlashed(String word) {
        return VERBS.contains(word) || SLASHED.contains(word) || AGENTS.contains(word);
    }

    /** Returns whether what begins at {@code at} ends a line of a few words, and is no path that these speak of. */
    private static boolean isAtEnd(String line, int at) {
        if (hasManyWords(line)) {
            return false;
        }
        List<String> before = split(line.substring(0, at));
        List<String> words = split(line.substring(at + 1));
        return !before.isEmpty()
                && before.size() <= 2
                && before.stream().noneMatch(word -> PROSE.contains(word) || BEFORE_PATHS.contains(word))
                && !ROOTS.contains(words.getFirst())
                && words.stream().skip(1).allMatch(CommandScanner::isArgument);
    }

    /** Returns whether somebody is told in few words to do something with infrastructure. */
    private static boolean isAddressed(String line) {
        Matcher address = ADDRESS.matcher(line);
        if (!isIn("@", line) || !address.lookingAt()) {
            return false;
        }
        List<String> words = split(address.group(1));
        return !words.isEmpty()
                && words.size() <= MOST_WORDS
                && isVerb(words.getFirst())
                && words.stream().noneMatch(PROSE::contains);
    }

    /** Returns whether an agent is called by its name, as a person is, and told to do something. */
    private static boolean isCalled(String line) {
        Matcher call = CALL.matcher(line);
        if (!call.matches() || !AGENTS.contains(call.group(2).toLowerCase(Locale.ROOT))) {
            return false;
        }
        String verb = call.group(4).toLowerCase(Locale.ROOT);
        boolean isAddress =
                call.group(1) != null || (call.group(3) != null && call.group(3).endsWith(","));
        return isAddress && (isVerb(verb) || ERRANDS.contains(verb));
    }

    private static boolean isAnswer(LineHead head) {
        List<String> words = split(head.text());
        return words.size() == 1 && ANSWERS.contains(words.getFirst());
    }

    /** Returns whether it is the call of a program that publishes. Among other lines, such a call is a report. */
    private static boolean isPublishing(LineHead head) {
        if (!head.isPlain() || hasManyWords(head.text())) {
            return false;
        }
        List<String> words = split(head.text());
        if (words.size() < 2 || !PACKAGERS.contains(words.getFirst())) {
            return false;
        }
        for (int at = 1; at < Math.min(words.size(), 3); at++) {
            int colon = words.get(at).indexOf(':');
            if (PUBLISHING.contains(colon < 0 ? words.get(at) : words.get(at).substring(0, colon))) {
                return IntStream.range(at + 1, words.size())
                        .allMatch(i ->
                                isArgument(words.get(i)) || words.get(i - 1).startsWith("-")); // the value of an option
            }
        }
        return false;
    }

    /** Returns whether it is of the form {@code word verb arguments}, or {@code verb this}. */
    private static boolean isSpoken(String line, boolean isPlain, boolean isCode) {
        if (hasManyWords(line)) {
            return false;
        }
        List<String> words = split(line);
        if (words.isEmpty() || words.size() > MOST_WORDS || words.stream().anyMatch(PROSE::contains)) {
            return false;
        }
        String first = without(words.getFirst(), ":,");
        boolean isBot = BOTS.contains(first) || isBotName(first);
        boolean isTool = isBot || TOOLS.contains(first);
        for (int at = 1; at < Math.min(words.size(), isTool ? 3 : 2); at++) {
            String verb = words.get(at);
            if (OPTION.matcher(verb).matches() || isVerb(isBot ? firstPart(verb) : verb)) {
                List<String> rest = words.subList(at + 1, words.size());
                if (isBot || (!isCode && (isTool || (isPlain && isByWord(first, verb, rest))))) {
                    return true;
                }
            }
        }
        return isPlain && !isCode && (PHRASES.contains(String.join(" ", words)) || isByVerb(words) || isPolite(words));
    }

    private static boolean hasManyWords(String line) {
        int words = 0;
        for (int at = 1; at < line.length() && words <= MOST_WORDS; at++) {
            boolean isStart = !Character.isWhitespace(line.charAt(at)) && Character.isWhitespace(line.charAt(at - 1));
            words += isStart && "`*".indexOf(line.charAt(at)) < 0 ? 1 : 0;
        }
        return words > MOST_WORDS;
    }

    private static boolean isByWord(String word, String verb, List<String> rest) {
        if (SUBJECTS.contains(word) || isVerb(word) || !NAME.matcher(word).matches()) {
            return false;
        }
        boolean isArgued = !rest.isEmpty() && rest.stream().allMatch(CommandScanner::isArgument);
        return VERBS.contains(verb)
                ? rest.size() <= 2 || isArgued
                : isArgued || (rest.isEmpty() && BARE.contains(verb));
    }

    private static boolean isPolite(List<String> words) {
        List<String> rest = words.stream().dropWhile(POLITE::contains).toList();
        return rest.size() < words.size() && !rest.isEmpty() && RELEASES.contains(rest.getFirst()) && isByVerb(rest);
    }

    private static boolean isByVerb(List<String> words) {
        String verb = words.getFirst();
        if (words.size() == 1) {
            return LONE.contains(verb);
        }
        List<String> rest = words.subList(1, words.size());
        if (RETESTS.contains(verb)) {
            return rest.size() <= 3;
        }
        if (OPERATIONS.contains(verb) && rest.size() <= 4 && isTarget(verb, rest)) {
            return true;
        }
        boolean isPolite = rest.getFirst().equals("this") || rest.getFirst().equals("it");
        return rest.size() <= 4
                && (VERBS.contains(verb)
                        || verb.equals("ship")
                        || (isPolite && NOUNS.contains(verb))
                        || verb.equals("run"))
                && rest.stream()
                        .allMatch(word -> OBJECTS.contains(word)
                                || (RELEASES.contains(verb)
                                        && VERSION.matcher(word).matches())
                                || (verb.equals("run") && (isArgument(word) || VERBS.contains(word))))
                && (!verb.equals("run") || rest.stream().anyMatch(VERBS::contains));
    }

    /** Returns whether the words behind a verb say where commits go, what runs, or how often. */
    private static boolean isTarget(String verb, List<String> words) {
        return switch (verb) {
            case "backport", "cherrypick" -> words.stream().allMatch(CommandScanner::isArgument);
            case "scale" -> words.getLast().matches("(?:[a-z][a-z-]*=)?\\d{1,6}");
            default ->
                words.stream().allMatch(OBJECTS::contains) && words.stream().anyMatch(ENVIRONMENTS::contains);
        };
    }

    /** Returns {@code apply} of {@code apply-autoapprove}. */
    private static String firstPart(String verb) {
        int end = verb.indexOf('-', 1);
        return end < 0 ? verb : verb.substring(0, end);
    }

    private static boolean isVerb(String word) {
        return VERBS.contains(word) || NOUNS.contains(word);
    }

    /** Returns whether a word is no word of a sentence, or one that commands end with. */
    private static boolean isArgument(String word) {
        return OBJECTS.contains(word)
                || word.startsWith("-")
                || word.codePoints().anyMatch(c -> !Character.isLetter(c) && c != '\'' && c != '-');
    }

    /** Returns the words of a line in lower case, without the punctuation at its end. */
    private static List<String> split(String line) {
        int end = line.length();
        while (end > 0 && " \t`*_.!?,;|)".indexOf(line.charAt(end - 1)) >= 0) {
            end--;
        }
        List<String> words = new ArrayList<>();
        for (String word : BLANK.splitAsStream(line.substring(0, end).toLowerCase(Locale.ROOT))
                .toList()) {
            String bare = without(word, "`*");
            if (!bare.isEmpty()) {
                words.add(words.isEmpty() || !bare.endsWith(",") ? bare : bare.substring(0, bare.length() - 1));
            }
        }
        return joined(words);
    }

    /** Returns {@code words} with a verb of two parts as one: {@code roll back}, {@code re-run}. */
    private static List<String> joined(List<String> words) {
        List<String> joined = new ArrayList<>();
        for (String word : words) {
            String last = joined.isEmpty() ? "" : joined.getLast();
            String whole = word.replace("-", "");
            if (last.equals("roll") && (word.equals("back") || word.equals("out"))) {
                joined.set(joined.size() - 1, last + word);
            } else {
                joined.add(!word.startsWith("-") && isVerb(whole) ? whole : word);
            }
        }
        return joined;
    }

    /** Returns {@code word} without {@code marks} at its ends. */
    private static String without(String word, String marks) {
        int from = 0;
        int to = word.length();
        while (from < to && marks.indexOf(word.charAt(from)) >= 0) {
            from++;
        }
        while (from < to && marks.indexOf(word.charAt(to - 1)) >= 0) {
            to--;
        }
        return word.substring(from, to);
    }

    /** Notes the accounts that a line mentions. A package, as {@code @scope/name}, and an address of mail are none. */
    private void mentions(String line, boolean isFenced) {
        PROFILE.matcher(line)
                .results()
                .map(found -> found.group(1).toLowerCase(Locale.ROOT))
                .forEach(name -> (isIdentifier(name) ? identified : coded).add(name));
        if (!isFenced) {
            identifiers(line);
        }
        boolean isSpan = false;
        boolean isLink = false;
        int from = 0;
        for (int at = line.indexOf('@'); at >= 0; at = line.indexOf('@', at + 1)) {
            for (; from < at; from++) {
                isSpan ^= line.charAt(from) == '`';
                isLink = !Character.isWhitespace(line.charAt(from)) && (isLink || isLinkAt(line, from));
            }
            int end = at + 1;
            while (end < line.length() && end - at <= LONGEST_NAME && isOfName(line.charAt(end))) {
                end++;
            }
            boolean isPart = isBehindWord(line, at, isLink)
                    || (end + 1 < line.length()
                            && line.charAt(end) == '.'
                            && Character.isLetterOrDigit(line.charAt(end + 1)));
            boolean isPackage = end < line.length()
                    && line.charAt(end) == '/'
                    && end + 1 < line.length()
                    && isOfName(line.charAt(end + 1));
            String name = line.substring(at + 1, end).toLowerCase(Locale.ROOT);
            name = without(name, "-_");
            if (!name.isEmpty() && !isPackage) {
                boolean isCoded = isPart || isFenced || isSpan;
                (isCoded ? coded : mentioned).add(line.startsWith("[bot]", end) ? name + "[bot]" : name);
            }
        }
    }

    private void identifiers(String line) {
        boolean isSpan = false;
        int from = 0;
        for (Matcher found = IDENTIFIED.matcher(line); found.find(); ) {
            for (; from < found.start(); from++) {
                isSpan ^= line.charAt(from) == '`';
            }
            for (int group = 1; group <= found.groupCount() && !isSpan; group++) {
                Optional.ofNullable(found.group(group)).ifPresent(id -> identified.add(id.toLowerCase(Locale.ROOT)));
            }
        }
    }

    /** Returns whether GitHub and others make a link of the address at {@code at}, in which nobody is mentioned. */
    private static boolean isLinkAt(String line, int at) {
        return line.startsWith("http", at)
                && (at == 0 || !Character.isLetterOrDigit(line.charAt(at - 1)))
                && LINK.matcher(line)
                        .region(at, Math.min(line.length(), at + HEAD))
                        .lookingAt();
    }

    /** Returns whether the sign at {@code at} is within an address of mail or of the web, or another word. */
    private static boolean isBehindWord(String line, int at, boolean isLink) {
        int before = at - 1;
        while (before >= 0 && line.charAt(before) == '_') { // which makes text italic, too
            before--;
        }
        if (before < 0) {
            return false;
        }
        char sign = line.charAt(before);
        return sign == '/' ? isLink : Character.isLetterOrDigit(sign) || sign == '%';
    }

    private static boolean isIn(String signs, String line) {
        return !line.isEmpty() && signs.indexOf(line.charAt(0)) >= 0;
    }

    private static boolean isOfName(char c) {
        return Character.isLetterOrDigit(c) || c == '-' || c == '_';
    }

    /** Returns {@code text} as its readers see it: without what is invisible, and with signs that look alike as one. */
    private static String plain(String text) {
        String decoded = text.indexOf('&') < 0 ? text : ENTITY.matcher(text).replaceAll(CommandScanner::character);
        String normal =
                decoded.chars().allMatch(c -> c < 0x80) ? decoded : Normalizer.normalize(decoded, Normalizer.Form.NFKC);
        StringBuilder plain = new StringBuilder(normal.length());
        int at = 0;
        while (at < normal.length()) {
            int c = normal.codePointAt(at);
            at += Character.charCount(c);
            boolean isEscape = c == '\\' && at < normal.length() && "/.!@#`*_-".indexOf(normal.charAt(at)) >= 0;
            int shown = alike(c);
            boolean isGap = (shown == ' ' || shown == '\t')
                    && !plain.isEmpty()
                    && " \t".indexOf(plain.charAt(plain.length() - 1)) >= 0;
            if (!isEscape && !isGap && !isInvisible(c)) {
                plain.appendCodePoint(shown);
            }
        }
        return plain.toString();
    }

    private static String character(MatchResult entity) {
        String name = entity.group(3);
        int code = name == null
                ? entity.group(1) == null ? Integer.parseInt(entity.group(2), 16) : Integer.parseInt(entity.group(1))
                : switch (name.toLowerCase(Locale.ROOT)) {
                    case "sol" -> '/';
                    case "commat" -> '@';
                    case "period" -> '.';
                    case "excl" -> '!';
                    case "num" -> '#';
                    case "newline" -> '\n';
                    case "tab", "nbsp", "ensp", "emsp", "thinsp" -> ' ';
                    case "zwj", "zwnj", "shy" -> 0x200B;
                    case "hyphen", "dash" -> '-';
                    case "lowbar" -> '_';
                    case "lt" -> '<';
                    case "gt" -> '>';
                    case "amp" -> '&';
                    case "quot" -> '"';
                    default -> -1;
                };
        return Matcher.quoteReplacement(Character.isValidCodePoint(code) ? Character.toString(code) : entity.group());
    }

    private static boolean isInvisible(int c) {
        int type = Character.getType(c);
        return type == Character.FORMAT
                || (type == Character.CONTROL && "\n\r\t\f\u000B\u0085".indexOf(c) < 0)
                || (c >= 0xFE00 && c <= 0xFE0F)
                || (c >= 0xE0100 && c <= 0xE01EF)
                || (c >= 0x180B && c <= 0x180F)
                || "\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0".indexOf(c) >= 0;
    }

    private static int alike(int c) {
        return switch (c) {
            case 0x2044, 0x2215, 0x29F8, 0x2571, 0x27CB, 0x1735 -> '/';
            case 0x01C3, 0x2D51 -> '!';
            case 0x2800, 0x00A0 -> ' ';
            case 0x2010, 0x2011, 0x2012, 0x2013, 0x2212 -> '-';
            default -> Character.isSpaceChar(c) && c != 0x2028 && c != 0x2029 ? ' ' : c;
        };
    }
}
