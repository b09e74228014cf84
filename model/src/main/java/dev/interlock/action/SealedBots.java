package dev.interlock.action;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a seal says of the machines that read texts at an upstream.
 *
 * @param accounts bots, which a mention commands
 * @param people accounts that are people, about whom nobody is asked
 * @param commands beginnings of lines that command a machine
 * @param noneIn resources at which no machine reads texts, or patterns of them
 */
public record SealedBots(Set<String> accounts, Set<String> people, Set<String> commands, Set<String> noneIn) {

    /** Nothing is said: texts are judged by their form alone. */
    public static final SealedBots UNSAID = new SealedBots(Set.of(), Set.of(), Set.of(), Set.of());

    public SealedBots {
        accounts = lowerCase(accounts);
        people = lowerCase(people);
        commands = lowerCase(commands);
        noneIn = Collections.unmodifiableSet(new TreeSet<>(noneIn));
    }

    private static Set<String> lowerCase(Set<String> names) {
        return names.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.collectingAndThen(
                        Collectors.toCollection(TreeSet::new), Collections::unmodifiableSet));
    }

    /** Returns whether no machine reads texts at any of {@code touched}. */
    public boolean areAbsentFrom(Set<Resource> touched) {
        return !touched.isEmpty()
                && touched.stream().allMatch(resource -> noneIn.stream().anyMatch(resource::isNamedBy));
    }

    /** Returns whether {@code line}, without signs in front, begins with a command as a whole word. */
    public boolean isCommand(String line) {
        String folded = line.toLowerCase(Locale.ROOT);
        return commands.stream()
                .anyMatch(command -> folded.startsWith(command)
                        && (folded.length() == command.length()
                                || !Character.isLetterOrDigit(folded.charAt(command.length()))));
    }

    /** Returns all that is said, a line for each kind: {@code accounts: shipmate}. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        line(lines, "accounts", accounts);
        line(lines, "people", people);
        line(lines, "commands", commands);
        line(lines, "none in", noneIn);
        return lines;
    }

    private static void line(List<String> lines, String kind, Set<String> names) {
        if (!names.isEmpty()) {
            lines.add(kind + ": " + String.join(", ", names));
        }
    }

    /** Returns how texts are judged more mildly than under {@code before}, in sentences without a stop. */
    public List<String> looserThan(SealedBots before) {
        List<String> looser = new ArrayList<>();
        tell(looser, noneIn, name -> !before.noneIn.contains(name), "texts are not judged any more in ");
        tell(looser, people, name -> !before.people.contains(name), "nobody is asked any more about mentions of ");
        tell(looser, before.accounts, name -> !accounts.contains(name), "no bots by the seal any more are ");
        tell(looser, before.commands, name -> !commands.contains(name), "no commands by the seal any more are ");
        return looser;
    }

    private static void tell(List<String> looser, Collection<String> names, Predicate<String> isNew, String words) {
        String all = names.stream().filter(isNew).map(name -> "`" + name + "`").collect(Collectors.joining(", "));
        if (!all.isEmpty()) {
            looser.add(words + all);
        }
    }
}
