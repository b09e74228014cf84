package dev.interlock.adminapi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Declares the command that a {@link Question} asks for. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface AdminCommand {

    String name();

    Entitlement users();

    /** When its receipt is written, for {@code docs/admin.md}. */
    String receipt() default "none";

    /** What readers of {@code docs/admin.md} need to know beside the names of its members. */
    String about() default "";
}
