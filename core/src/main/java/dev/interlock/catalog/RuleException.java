package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.SealedBots;
import dev.interlock.catalog.graphql.Value;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * A rule's {@code unless}: the rule does not apply if the provider says so of everything that is asked about.
 *
 * @param about the things that the call names; empty for the resources that it acts on
 * @param test whether an answer lifts the rule, by the arguments of the call
 */
record RuleException(
        String provider,
        QuestionPlan question,
        Optional<NamedThings> about,
        BiPredicate<String, Map<String, Value>> test) {

    /** No call asks about more things: then nobody is asked, and the rule applies. */
    private static final int MAX_THINGS = 100;

    /** Finds the names of things in the arguments of a call; empty if one of them cannot be read. */
    @FunctionalInterface
    interface NamedThings {
        Optional<Set<String>> names(Map<String, Value> arguments, SealedBots bots);
    }

    /** Reads one about the accounts that {@code texts} mention. */
    static RuleException read(
            CatalogSection section, String provider, Map<String, QuestionPlan> known, TextWalk texts) {
        CatalogSection about = section.only("question about says").require("about");
        if (!about.text().equals(ConditionReader.MENTIONS)) {
            throw about.wrong("must be `" + ConditionReader.MENTIONS + "`, the accounts that the texts mention");
        }
        String wanted = section.require("says").text();
        return new RuleException(
                provider,
                question(section, known),
                Optional.of((arguments, bots) -> Optional.of(texts.mentions(arguments, bots))),
                (answer, _) -> answer.equals(wanted));
    }

    static RuleException read(
            CatalogSection section, String provider, Map<String, QuestionPlan> known, ArgumentPath it) {
        section.only("question about says other-branch");
        QuestionPlan question = question(section, known);
        Optional<CatalogSection> word = section.find("says");
        if (word.isPresent() == section.find("other-branch").isPresent()) {
            throw section.wrong("needs either `says` or `other-branch`");
        }
        section.find("about").ifPresent(RuleException::requireField);
        section.find("other-branch").ifPresent(RuleException::requireField);
        return new RuleException(
                provider,
                question,
                section.find("about").map(_ -> (arguments, _) -> values(it, arguments)),
                word.<BiPredicate<String, Map<String, Value>>>map(wanted -> (answer, _) -> answer.equals(wanted.text()))
                        .orElse((answer, arguments) -> areOther(it.each(arguments), answer)));
    }

    private static QuestionPlan question(CatalogSection section, Map<String, QuestionPlan> known) {
        CatalogSection name = section.require("question");
        QuestionPlan question = known.get(name.text());
        if (question == null) {
            throw name.wrong("is not one of this catalog's `questions`");
        }
        return question;
    }

    private static Optional<Set<String>> values(ArgumentPath field, Map<String, Value> arguments) {
        Set<String> names = new LinkedHashSet<>();
        field.each(arguments).forEach(value -> names.add(value.scalar().orElse("")));
        return names.contains("") ? Optional.empty() : Optional.of(names);
    }

    private static boolean areOther(List<Value> branches, String answer) {
        return !branches.isEmpty()
                && branches.stream()
                        .allMatch(value -> value.scalar()
                                .filter(branch -> BranchName.areDifferent(branch, answer))
                                .isPresent());
    }

    private static void requireField(CatalogSection path) {
        if (!path.text().equals("it")) {
            throw path.wrong("must be `it`, the field that the meaning is about");
        }
    }

    private Set<ProviderQuestion> questions(Map<String, Value> arguments, Set<Resource> resources, SealedBots bots) {
        Set<ProviderQuestion> questions = new LinkedHashSet<>();
        if (about.isEmpty()) {
            resources.forEach(resource -> questions.add(new ProviderQuestion(question.name(), resource)));
            return questions;
        }
        about.get()
                .names(arguments, bots)
                .filter(names -> names.size() <= MAX_THINGS)
                .ifPresent(names -> names.forEach(name -> questions.add(
                        new ProviderQuestion(question.name(), new Resource(provider, question.about(), name)))));
        return questions;
    }

    /** Returns whether the rule is lifted. What is not answered leaves it. */
    boolean isLifted(Map<String, Value> arguments, Set<Resource> resources, ProviderAnswers answers) {
        List<Optional<String>> found = questions(arguments, resources, answers.bots()).stream()
                .map(answers::find)
                .toList();
        return answers.isMildest()
                || (!found.isEmpty()
                        && found.stream()
                                .allMatch(answer -> answer.filter(word -> test.test(word, arguments))
                                        .isPresent()));
    }

    /** Returns what the provider has said, for people. */
    Stream<Fact> told(Map<String, Value> arguments, Set<Resource> resources, ProviderAnswers answers) {
        return questions(arguments, resources, answers.bots()).stream()
                .flatMap(asked -> answers
                        .find(asked)
                        .map(word -> new Fact(
                                ActionFacts.PROVIDER_SAYS,
                                Fact.shortened(
                                        asked.name() + " of " + asked.about().id() + ": " + word),
                                Provenance.RESOLVED))
                        .stream());
    }
}
