package dev.interlock.adminapi;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.lang.reflect.ParameterizedType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is asked of the gateway: a record whose components are the arguments of a command.
 *
 * @param <A> the record that answers it
 */
public sealed interface Question<A extends Record>
        permits AgentQuestion,
                BackupQuestion,
                DrillQuestion,
                EvidenceQuestion,
                FleetQuestion,
                HoldQuestion,
                LeaseQuestion,
                PersonQuestion,
                RemoteQuestion,
                StatusQuestion,
                StopQuestion,
                TextQuestion,
                UndoQuestion {

    static List<Class<? extends Question<?>>> all() {
        return leaves(Question.class)
                .sorted(Comparator.comparing(question -> command(question).name()))
                .toList();
    }

    private static Stream<Class<? extends Question<?>>> leaves(Class<?> type) {
        return type.isRecord()
                ? Stream.of(question(type))
                : Arrays.stream(type.getPermittedSubclasses()).flatMap(Question::leaves);
    }

    @SuppressWarnings("unchecked") // every permitted record implements it
    private static Class<? extends Question<?>> question(Class<?> type) {
        return (Class<? extends Question<?>>) type;
    }

    static AdminCommand command(Class<?> question) {
        AdminCommand command = question.getAnnotation(AdminCommand.class);
        if (command == null) {
            throw new IllegalStateException(question + " declares no command");
        }
        return command;
    }

    static Class<? extends Record> answerType(Class<?> question) {
        ParameterizedType asked = (ParameterizedType) question.getGenericInterfaces()[0];
        return ((Class<?>) asked.getActualTypeArguments()[0]).asSubclass(Record.class);
    }

    default String command() {
        return command(getClass()).name();
    }

    default Json.Members arguments() {
        return RecordJson.write((Record) this);
    }

    /**
     * Reads an answer to this question. Members that a newer gateway adds are left out; throws
     * {@link MalformedException} if it is not such an answer.
     */
    @SuppressWarnings("unchecked") // the type that this question declares for its answers
    default A read(Json.Members answer) {
        return RecordJson.readKnown((Class<A>) answerType(getClass()), answer);
    }
}
