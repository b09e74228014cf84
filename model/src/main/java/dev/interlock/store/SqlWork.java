package dev.interlock.store;

/** The work inside one transaction. It may run on any thread, keeps no reference to {@code sql}, and is short. */
@FunctionalInterface
public interface SqlWork<T> {
    T on(Sql sql);
}
