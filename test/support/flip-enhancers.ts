import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { Flips } from './flips.js';

/** A guard, a pipe and an interceptor that change the configuration while they run, on any transport. */
@Injectable()
export class FlipGuard implements CanActivate {
  constructor(private readonly flips: Flips) {}
  async canActivate() {
    await this.flips.step('guard');
    return true;
  }
}

@Injectable()
export class FlipPipe implements PipeTransform {
  constructor(private readonly flips: Flips) {}
  async transform(value: unknown) {
    await this.flips.step('pipe');
    return value;
  }
}

@Injectable()
export class FlipInterceptor implements NestInterceptor {
  constructor(private readonly flips: Flips) {}
  async intercept(_context: ExecutionContext, next: CallHandler) {
    await this.flips.step('interceptor');
    return next.handle();
  }
}
